"""An in-memory npm registry, PyPI and Maven repository, for tests and examples.

They answer as the real ones do.

    npm, pypi = Npm(), PyPI()
    npm.publish("paint-lines", "1.0.0", by="ada")
    with serve(npm, pypi) as urls:
        ...                                     # urls.npm, urls.pypi

Why not recorded answers alone: an incident is a sequence, and only a registry that can be told
to unpublish, quarantine or swap bytes plays every sequence. The document shapes follow the
registries' own documentation and stored answers of theirs. Every host name and person is invented.
"""

from simulator.clock import Clock
from simulator.maven import Maven
from simulator.npm import Npm
from simulator.pypi import PyPI
from simulator.server import Urls, serve
from simulator.web import Refused, Request, Response

__all__ = ["Clock", "Maven", "Npm", "PyPI", "Refused", "Request", "Response", "Urls", "serve"]
