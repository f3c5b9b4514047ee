"""What the package shows, and what importing it costs."""

from __future__ import annotations

import ast
import builtins
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from t9k import ah

HEAVY = {"http.client", "yaml", "logging", "ssl", "hashlib", "rich", "pathspec", "fsspec"}

CLASSES = (
    *(ah.Client, ah.Folder, ah.Model, ah.Dataset, ah.Branch, ah.Tag, ah.Commit),
    *(ah.Edit, ah.Evaluation),
)


def test_all_lists_just_what_the_package_shows_to_type_checkers_and_when_run() -> None:
    tree = ast.parse(Path(ah.__file__).read_text())
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert sorted(imported) == sorted([*ah.__all__, "list"]) == dir(ah)
    assert all(getattr(ah, name) is not None for name in dir(ah))


def test_everything_can_be_imported_by_a_star_but_what_would_hide_pythons_own() -> None:
    space: dict[str, object] = {}
    exec("from t9k.ah import *", space)
    assert set(ah.__all__) <= set(space)
    assert not set(dir(builtins)) & set(space) - {"__builtins__", "__doc__", "__name__"}


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 't9k.ah' has no attribute 'Modell'"):
        ah.Modell  # noqa: B018


def test_every_public_thing_says_what_it_is() -> None:
    undocumented = [name for name in ah.__all__ if not getattr(ah, name).__doc__]
    assert undocumented == []


def test_every_public_method_says_what_it_does() -> None:
    undocumented = [
        f"{cls.__name__}.{name}"
        for cls in CLASSES
        for name in dir(cls)
        if not name.startswith("_") and not getattr(cls, name).__doc__
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
    assert {name for name in loaded if name.startswith("t9k.ah.")} == {"t9k.ah._version"}
    assert not loaded & (HEAVY | {"assethub", "typing", "click"})


def test_the_default_client_loads_nothing_that_only_requests_need() -> None:
    loaded = _loaded_by("from t9k import ah\nah.create_folder, ah.Model, ah.AssetHubError")
    assert not loaded & (HEAVY | {"assethub", "click"})


def test_version_and_help_load_nothing_that_only_requests_need() -> None:
    code = """
from t9k.ah._cli import main
for option in ("--version", "--help"):
    try:
        main([option])
    except SystemExit:
        pass
"""
    assert not _loaded_by(code) & HEAVY


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
