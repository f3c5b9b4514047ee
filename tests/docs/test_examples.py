"""The examples of the documents do what they show, against a running hub."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hubs import RunningHub

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted(
    path.stem for path in ROOT.glob("docs/tutorial-*.md") if path.suffixes == [".md"]
)
# Each document with its translation.
DOCUMENTS = [
    ("README.md", "README.zh.md"),
    *((f"docs/{name}.md", f"docs/{name}.zh.md") for name in (*TUTORIALS, "importing", "gates")),
]
# Below which heading the examples stand, where not everywhere.
HEADINGS = {"README.md": "## First steps", "README.zh.md": "## 上手"}
# Where other tutorials send their readers first.
PREPARATION = ("tutorial-folders.md", "before-you-start", "## Before you start")
# What the documents call the hub and its user; each run has its own.
URL, USER = "http://127.0.0.1:8080", "ann"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
OUTLINE = re.compile(r"^(#+|!!! \w+|\d+\.|[*|]|!\[)", re.M)
ID = re.compile(
    r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|[0-9a-f]{12}|[0-9a-f]{8})\b"
)
CHANGING = {
    re.compile(r"\b\d+[smhd](\d+[smh])? ago\b"): "AGE",
    re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"): "TIME",
    re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}"): "TIME",
    re.compile(r"token=\S+"): "token=TOKEN",
}


class Example(NamedTuple):
    """A command or some Python, and what the document says that it prints."""

    language: str
    source: str
    output: str


@pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)
@pytest.mark.parametrize("document", [each[0] for each in DOCUMENTS])
def test_every_example_prints_what_the_document_shows(
    document: str, hub: RunningHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("ASSET_HUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.setenv("ASSETHUB_DATA", str(hub.settings.data))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("t9k.ah._hub._default", None)
    examples = find_examples(document, HEADINGS.get(document, ""))
    assert len(examples) > 5
    reader = Reader(hub.url)
    with shell() as run_shell:
        names: dict[str, Any] = {}
        for example in [*find_preparation(document), *examples]:
            source = reader.to_run(example.source)
            shown = run_shell(source) if example.language == "shell" else run_python(source, names)
            reader.compare(example, shown)


@pytest.mark.parametrize(("document", "translation"), DOCUMENTS)
def test_a_translation_has_the_very_examples_of_its_original(
    document: str, translation: str
) -> None:
    originals, translated = (
        find_examples(each, HEADINGS.get(each, "")) for each in (document, translation)
    )
    assert translated == originals


@pytest.mark.parametrize(("document", "translation"), DOCUMENTS)
def test_a_translation_has_the_headings_lists_tables_and_pictures_of_its_original(
    document: str, translation: str
) -> None:
    outlines = [
        OUTLINE.findall(FENCE.sub("", (ROOT / name).read_text(encoding="utf-8")))
        for name in (document, translation)
    ]
    assert outlines[1] == outlines[0]


def find_preparation(document: str) -> list[Example]:
    """The examples that a document sends its readers to first, by a link."""
    name, anchor, heading = PREPARATION
    if f"({name}#{anchor})" not in (ROOT / document).read_text(encoding="utf-8"):
        return []
    return find_examples(f"docs/{name}", heading)


def find_examples(document: str, heading: str) -> list[Example]:
    """The commands of the shell blocks and the Python blocks, in order, with what they print.

    Those below a heading of the document, up to the next one of its kind; all without a heading.
    """
    text = (ROOT / document).read_text(encoding="utf-8")
    if heading:
        text = re.split(r"^## ", text.split(f"{heading}\n")[1], flags=re.M)[0]
    return list(_examples(text))


def _examples(text: str) -> Iterator[Example]:
    blocks = list(FENCE.finditer(text))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block[1] == "shell":
            for command in re.split(r"^\$ ", block[2], flags=re.M)[1:]:
                source = re.match(r"(?:.*\\\n)*.*\n", command)
                assert source
                yield Example("shell", source[0].strip(), command[source.end() :].strip())
        elif block[1] == "python":
            printed = following is not None and not following[1]
            printed = printed and not text[block.end() : following.start()].strip()
            yield Example("python", block[2], following[2].strip() if printed else "")


class Reader:
    """Follows a document: its user and its ids stand for those that the hub gives in this run."""

    def __init__(self, url: str) -> None:
        self._names = {URL: url, USER: f"{USER}-{uuid.uuid4().hex[-6:]}"}
        self._ids: dict[str, str] = {}

    def to_run(self, source: str) -> str:
        """The source with this run's names and ids in place of the document's."""
        source = ID.sub(lambda found: self._own(found[0]), source)
        for shown, own in self._names.items():
            source = re.sub(rf"\b{re.escape(shown)}\b", own, source)
        return source

    def compare(self, example: Example, shown: str) -> None:
        """Fails unless what was printed is what the document says, but for names, ids and ages."""
        for name, own in self._names.items():
            shown = shown.replace(own, name)
        shown = shown.strip()
        assert _plain(shown) == _plain(example.output), example.source
        for theirs, own in zip(ID.findall(example.output), ID.findall(shown), strict=True):
            known = self._ids.setdefault(theirs[:8], own)
            assert known[:8] == own[:8], f"{theirs} stands for two things in the document"
            self._ids[theirs[:8]] = max(known, own, key=len)

    def _own(self, shown: str) -> str:
        return self._ids.get(shown[:8], shown)[: len(shown)]


def _plain(text: str) -> str:
    """A printed text without what differs between runs."""
    text = ID.sub(lambda found: f"{len(found[0])} digits", text)
    for pattern, word in CHANGING.items():
        text = pattern.sub(word, text)
    # In a table, ages and names make columns wider or narrower.
    if re.search(r"^[A-Z_]+(  |$)", text, re.M):
        text = re.sub(" {2,}", "  ", text)
    return text


@contextmanager
def shell() -> Iterator[Any]:
    """A function that runs a command in a shell of its own and returns what it printed."""
    with subprocess.Popen(
        ["bash"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin
        assert process.stdout
        stdin, stdout = process.stdin, process.stdout

        def run(command: str) -> str:
            mark = uuid.uuid4().hex
            stdin.write(f"{command}\necho {mark} $?\n")
            shown = ""
            for line in stdout:
                before, found, code = line.partition(mark)
                shown += before
                if found:
                    assert code.strip() == "0", f"{command}: {shown}"
                    return shown
            raise AssertionError(f"the shell ended at {command}: {shown}")

        yield run


def run_python(source: str, names: dict[str, Any]) -> str:
    """Runs statements that share their names with those before, and returns what they printed."""
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        exec(compile(source, "<document>", "exec"), names)
    return printed.getvalue()
