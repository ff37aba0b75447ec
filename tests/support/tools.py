"""Stock tools that some tests need; ``tests/run.sh`` names the missing ones."""

import shutil

import pytest


def needs(*names: str) -> pytest.MarkDecorator:
    """Leave a test out where one of these commands is not on the machine."""
    missing = [name for name in names if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {' and '.join(missing)}")
