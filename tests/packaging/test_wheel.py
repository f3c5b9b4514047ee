"""What the wheel and the source archive hold; `make packages` installs them."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from t9k import ah

ROOT = Path(__file__).parents[2]
SOURCES = {
    path.relative_to(ROOT / "src").as_posix()
    for package in ("t9k", "assethub")
    for path in (ROOT / "src" / package).rglob("*")
    if path.is_file() and path.suffix != ".pyc"
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source archive, and the wheel that is built from it."""
    target = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "build", "--no-isolation"]
    done = subprocess.run(
        [*command, "--outdir", str(target), str(ROOT)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture(scope="module")
def files(built: Path) -> set[str]:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(built: Path) -> Message:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        name = f"assethub-{ah.__version__}.dist-info/METADATA"
        return Parser().parsestr(archive.read(name).decode())


def test_the_wheel_holds_both_packages_whole_and_nothing_else(files: set[str]) -> None:
    inside = {name for name in files if ".dist-info/" not in name}
    assert inside == SOURCES


@pytest.mark.parametrize(
    "name",
    [
        "t9k/ah/py.typed",
        "assethub/py.typed",
        "assethub/queries/grammar.lark",
        "assethub/console/templates/base.html",
        "assethub/store/migrations/env.py",
        "assethub/store/migrations/versions/0001_first_tables.py",
    ],
)
def test_what_the_server_reads_beside_its_code_is_in_the_wheel(files: set[str], name: str) -> None:
    assert name in files


def test_t9k_stays_open_for_packages_of_others(files: set[str]) -> None:
    assert "t9k/__init__.py" not in files


def test_the_source_archive_has_what_tests_and_documents_need(built: Path) -> None:
    [archive] = built.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    needed = {"pyproject.toml", "constraints.txt", "Makefile", "LICENSE", "mkdocs.yml"}
    needed |= {"tests/packaging/test_wheel.py", "docs/tutorial-folders.md", "scripts/demo.py"}
    assert needed | {f"src/{name}" for name in SOURCES} <= names
    assert [name for name in names if name.startswith((".venv", "build/", ".git/"))] == []


def test_the_version_comes_from_one_place(metadata: Message) -> None:
    """The SDK's `_version.py` gives that of the distribution, and no other file says it."""
    assert metadata["Version"] == ah.__version__
    said = [
        name
        for name in SOURCES
        if name.endswith(".py")
        and re.search(r"^__version__ =", (ROOT / "src" / name).read_text("utf-8"), re.MULTILINE)
    ]
    assert said == ["t9k/ah/_version.py"]
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_pythons_that_are_declared_are_those_that_contributing_says_were_run(
    metadata: Message,
) -> None:
    declared = re.findall(r"Python :: (3\.\d+)", str(metadata.get_all("Classifier")))
    [said] = re.findall(r"run on Python ([^;]+);", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert declared == re.findall(r"3\.\d+", said)
    assert metadata["Requires-Python"] == f">={declared[0]}"


def test_the_client_alone_needs_four_libraries(metadata: Message) -> None:
    needed = metadata.get_all("Requires-Dist") or []
    always = [re.split(r"[<>=!~ ;]", each)[0].lower() for each in needed if "extra ==" not in each]
    assert sorted(always) == ["click", "pathspec", "pyyaml", "rich"]


def test_the_wheel_carries_its_license(files: set[str], metadata: Message) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    assert f"assethub-{ah.__version__}.dist-info/licenses/LICENSE" in files
