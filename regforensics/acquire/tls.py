"""Trust: which certificate authorities a registry's certificate must lead to."""

import ssl
from dataclasses import dataclass

from regforensics.errors import WrongUsage


@dataclass(frozen=True, slots=True)
class Trust:
    """Bundles that replace the default authorities, and some that are added to them.

    Without ``files``, ``directories`` and ``pem`` the default is certifi's bundle. ``verify``
    False switches the check off (npm's ``strict-ssl=false``).
    """

    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    pem: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    verify: bool = True

    def context(self) -> ssl.SSLContext:
        """A client context. Raises WrongUsage naming a bundle that cannot be loaded."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        files = self.files
        if not (self.files or self.directories or self.pem):
            import certifi

            files = (certifi.where(),)
        for path in (*files, *self.extra):
            _load(context, path, cafile=path)
        for path in self.directories:
            _load(context, path, capath=path)
        for text in self.pem:
            _load(context, "the npm setting ca", cadata=text)
        return context


def _load(context: ssl.SSLContext, name: str, *, cafile: str | None = None,
          capath: str | None = None, cadata: str | None = None) -> None:
    try:
        context.load_verify_locations(cafile, capath, cadata)
    except (OSError, ValueError) as error:
        raise WrongUsage(f"certificate authorities in {name} cannot be loaded: {error}",
                         hint="point the setting at a PEM file, or unset it") from error
