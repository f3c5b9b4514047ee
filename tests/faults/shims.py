"""Hubs that run with a library of ours before the C library."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SHIMS = Path(__file__).with_name("c")


def build_shim(name: str, place: Path) -> Path:
    """Compiles a shim; where this machine has no C compiler the test is skipped, and says so."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("this machine has no C compiler")
    library = place / f"{name}.so"
    source = _SHIMS / f"{name}.c"
    flags = ["-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", library, source, "-ldl", "-lpthread"], check=True)
    return library


@contextmanager
def loaded(library: Path, **variables: str) -> Iterator[None]:
    """What is started for the time of a `with` has the library loaded, and the variables."""
    before = {name: os.environ.get(name) for name in ("LD_PRELOAD", *variables)}
    os.environ |= {"LD_PRELOAD": str(library), **variables}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
