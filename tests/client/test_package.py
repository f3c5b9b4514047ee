"""What the package shows, and what importing it costs."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from t9k import ah


def test_all_lists_just_what_the_package_shows() -> None:
    shown = {name for name in vars(ah) if not name.startswith("_")} | {"__version__"}
    assert sorted(shown) == sorted(ah.__all__)


def test_every_public_thing_says_what_it_is() -> None:
    undocumented = [name for name in ah.__all__ if not getattr(ah, name).__doc__]
    assert undocumented == []


def test_every_public_method_says_what_it_does() -> None:
    undocumented = [
        f"{cls.__name__}.{name}"
        for cls in (ah.Folder, ah.Model, ah.Dataset, ah.Branch, ah.Tag, ah.Commit)
        for name in dir(cls)
        if not name.startswith("_") and callable(getattr(cls, name))
        if not getattr(cls, name).__doc__
    ]
    assert undocumented == []


def _loaded_by(code: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


def test_import_loads_nothing_that_only_requests_need() -> None:
    loaded = _loaded_by("from t9k import ah")
    heavy = {"urllib3", "yaml", "click", "logging", "ssl", "hashlib", "rich", "pathspec"}
    assert not loaded & (heavy | {"assethub"})


def test_version_and_help_load_nothing_that_only_requests_need() -> None:
    code = """
from t9k.ah._cli import main
for option in ("--version", "--help"):
    try:
        main([option])
    except SystemExit:
        pass
"""
    heavy = {"urllib3", "yaml", "logging", "ssl", "hashlib", "rich", "pathspec"}
    assert not _loaded_by(code) & heavy


@pytest.mark.parametrize(
    ("error", "parent"),
    [
        (ah.NotFoundError, FileNotFoundError),
        (ah.PermissionDeniedError, PermissionError),
        (ah.NotLoggedInError, PermissionError),
        (ah.AlreadyExistsError, FileExistsError),
        (ah.ConnectionFailedError, ConnectionError),
        (ah.InvalidInputError, ValueError),
        (ah.WrongTypeError, TypeError),
        (ah.ConfigError, ValueError),
        (ah.DownloadError, OSError),
    ],
)
def test_errors_are_caught_by_their_builtin_names_too(
    error: type[ah.AssetHubError], parent: type[Exception]
) -> None:
    made = error("It is so", code="so", status=418)
    assert isinstance(made, parent)
    assert (str(made), made.code, made.status) == ("It is so", "so", 418)


def test_errors_survive_pickling_as_process_pools_do() -> None:
    made = ah.NotFoundError("There is none", code="asset_not_found", status=404)
    copy = pickle.loads(pickle.dumps(made))
    assert (type(copy), str(copy), copy.code, copy.status) == (
        ah.NotFoundError,
        "There is none",
        "asset_not_found",
        404,
    )
