"""Pure functions from what was observed to what is claimed. Imports the model and nothing else.

Why nothing else: an analyzer that cannot touch bytes cannot invent a citation, and one that does
not know which registry it looks at works for the next registry too. The tuple of analyzers stands
in ``running`` and is loaded when it is asked for: a diff needs none of them, and starts faster.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regforensics.analyze.running import ANALYZERS, run_all

__all__ = ["ANALYZERS", "run_all"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from regforensics.analyze import running

    return getattr(running, name)
