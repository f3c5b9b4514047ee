"""Builds the packages, and tries what is in them in clean environments: `make packages`.

The source archive and the wheel made from it go to build/dist/. Each Python given gets an
environment with the client alone and one with the server, from the wheel and by constraints.txt.
Nothing of this checkout is on their paths. The first step that fails ends it with its output.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
DIST = ROOT / "build" / "dist"
# What the client needs, and what these need.
CLIENT = {"assethub", "click", "pathspec", "pyyaml", "rich", "markdown-it-py", "mdurl", "pygments"}

IMPORT_CLIENT = """
import sys
from t9k import ah
assert ah.create_folder and "site-packages" in ah.__file__, ah.__file__
assert not any(name.partition(".")[0] == "assethub" for name in sys.modules)
print(ah.__version__)
"""
# The environment of migrations only imports while one runs, which the start of a hub is; the file
# system needs the extra of its own.
IMPORT_ALL = """
import importlib, pkgutil, assethub, t9k.ah
alone = {"assethub.__main__", "assethub.store.migrations.env", "t9k.ah._filesystem"}
names = [
    module.name
    for package in (assethub, t9k.ah)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if module.name not in alone
]
for name in names:
    importlib.import_module(name)
print(len(names), "modules")
"""
TYPED_CLIENT = """
from typing import assert_type
from t9k import ah

assert_type(ah.create_folder("dataset", "text"), ah.Folder[ah.Dataset])
assert_type(ah.get_folder(type_="model", name="f").get_asset(name="a"), ah.Model)
"""
TYPED_SERVER = """
from typing import assert_type
from assethub.core.hub import Hub, open_hub
from assethub.settings import Settings


def use(settings: Settings) -> None:
    assert_type(open_hub(settings), Hub)
    assert_type(settings.port, int)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pythons", nargs="*", default=[sys.executable], help="to install it with")
    began = time.monotonic()
    wheel = build()
    for named in parser.parse_args().pythons:
        python = find(named)
        with tempfile.TemporaryDirectory(prefix="packages-") as name:
            place = Path(name)
            try_client(install(python, place / "client", str(wheel)), place)
            try_server(install(python, place / "server", f"{wheel}[server]"), place)
    print(f"built and tried in {time.monotonic() - began:.0f} s: {wheel.relative_to(ROOT)}")


def build() -> Path:
    """A new source archive, and the wheel of it."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", DIST, ROOT, inside=ROOT)
    [wheel] = DIST.glob("*.whl")
    print(f"{wheel.name}: {wheel.stat().st_size >> 10} kB")
    return wheel


def find(python: str) -> str:
    """The place of a Python that is told by its name or path."""
    found = shutil.which(python)
    if found is None:
        raise SystemExit(f"there is no {python} here")
    return str(Path(found).absolute())


def install(python: str, target: Path, what: str) -> Path:
    """The programs of a new environment that has this and what it needs."""
    run(python, "-m", "venv", target)
    bin_ = target / "bin"
    pip = (bin_ / "python", "-m", "pip", "--disable-pip-version-check")
    # Modules are compiled as they are imported: the time goes to those that are.
    run(*pip, "install", "--quiet", "--no-compile", "-c", ROOT / "constraints.txt", what)
    run(*pip, "check")
    return bin_


def try_client(bin_: Path, place: Path) -> None:
    """The command, the SDK, their types; and nothing of the server."""
    version = run(bin_ / "python", "-I", "-c", IMPORT_CLIENT).strip()
    expect(run(bin_ / "ah", "--version"), f"ah {version}\n")
    listed = run(bin_ / "python", "-m", "pip", "list", "--format=freeze")
    names = {re.split("==| @", line)[0].lower() for line in listed.splitlines()}
    expect(sorted(names - {"pip", "setuptools"}), sorted(CLIENT))
    refused = subprocess.run([bin_ / "assethub"], capture_output=True, text=True)
    expect((refused.returncode, "pip install 'assethub[server]'" in refused.stderr), (1, True))
    check_types(bin_, place, TYPED_CLIENT)
    print(f"{run(bin_ / 'python', '--version').strip()}: the client alone imports, runs, is typed")


def try_server(bin_: Path, place: Path) -> None:
    """Every module imports, and a hub on an empty directory serves people and programs."""
    version = run(bin_ / "ah", "--version").split()[1]
    expect(run(bin_ / "assethub", "--version"), f"assethub, version {version}\n")
    modules = run(bin_ / "python", "-I", "-c", IMPORT_ALL).strip()
    check_types(bin_, place, TYPED_SERVER)
    with serving(bin_, place / "data") as url:
        page = fetch(url, "en")
        expect("<html" in page and "评估" not in page, True)
        expect(any("\u4e00" <= letter <= "\u9fff" for letter in fetch(url, "zh-CN")), True)
        for path in sorted(set(re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js|svg)[^"]*)"', page))):
            expect(bool(fetch(url + path, "en")), True)
        record(bin_, place, url)
    print(f"{run(bin_ / 'python', '--version').strip()}: {modules} of both, the hub serves")


def record(bin_: Path, place: Path, url: str) -> None:
    """A commit and an evaluation by the command, found by a query."""
    added = run(bin_ / "assethub", "user", "add", "ann", "--data", place / "data")
    login = {"HOME": str(place), "ASSET_HUB_HOST": url, "ASSET_HUB_API_KEY": added.split()[-1]}
    (place / "model.bin").write_bytes(b"weights")
    for line in (
        "create folder model/f",
        "create model f/m",
        "create folder dataset/d",
        "create dataset d/test",
        "commit f/m -m first -a model.bin",
        "create evaluation f/m -d d/test -m accuracy=0.5",
    ):
        run(bin_ / "ah", *line.split(), inside=place, environment=login)
    found = run(bin_ / "ah", "search", "evaluation", "accuracy >= 0.5", environment=login)
    expect("ann/model/f/m" in found, True)
    run(bin_ / "assethub", "check", "--data", place / "data")


@contextmanager
def serving(bin_: Path, data: Path) -> Iterator[str]:
    """The URL of a hub of this environment, ended with the `with`."""
    command: list[str | Path] = [bin_ / "assethub", "serve", "--port", "0", "--data", data]
    log = data.with_suffix(".log")
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=data.parent
        ) as hub,
    ):
        assert hub.stdout is not None
        try:
            line = hub.stdout.readline()
            if " at http" not in line:
                raise SystemExit(f"the hub did not start: {line}{log.read_text()}")
            yield line.split(" at ")[1].strip()
        finally:
            hub.terminate()


def fetch(url: str, language: str) -> str:
    with urlopen(Request(url, headers={"Accept-Language": language}), timeout=30) as answer:
        text: str = answer.read().decode()
        return text


def check_types(bin_: Path, place: Path, text: str) -> None:
    """What mypy makes of it, with the types that are installed there and no others."""
    example = place / "example.py"
    example.write_text(text)
    options = ("--strict", "--config-file=", "--cache-dir", place / "mypy")
    run(sys.executable, "-m", "mypy", *options, "--python-executable", bin_ / "python", example)


def run(
    *command: str | Path, inside: Path | None = None, environment: dict[str, str] | None = None
) -> str:
    """What it printed; ends this program where it fails. Without `inside`, in no project."""
    done = subprocess.run(
        command,
        cwd=inside or tempfile.gettempdir(),
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        | (environment or {}),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = done.stdout + done.stderr
        raise SystemExit(f"{' '.join(map(str, command[:6]))} failed:\n{said}")
    return done.stdout


def expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise SystemExit(f"the packages are wrong: {found!r} instead of {wanted!r}")


if __name__ == "__main__":
    main()
