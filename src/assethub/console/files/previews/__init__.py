"""What a page shows of a file: chosen by its name, read without running anything from it.

Parsers read structure only, within limits; nothing is ever unpickled. What cannot be shown says
why by the code of `Unreadable`.
"""

import json
from collections.abc import Callable
from typing import NamedTuple

from markupsafe import Markup

from assethub.console.files.previews.onnx import Graph, read_onnx
from assethub.console.files.previews.stored import StoredFile, Unreadable
from assethub.console.files.previews.tables import Rows, read_csv, read_json_lines, read_parquet
from assethub.console.files.previews.tensors import Weights, read_gguf, read_safetensors
from assethub.console.highlighting import highlight_lines
from assethub.console.markdown import Resolve, render_markdown
from assethub.core.repository.objects import Content
from assethub.store.blobs import BlobStore

# Of a text so many bytes are shown.
TEXT_BYTES = 256 * 1024
_PICTURES = {"png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "bmp", "ico"}
# What runs code when it is loaded, or may.
_PICKLES = {"pkl", "pickle", "pt", "pth", "ckpt", "joblib", "dill", "keras", "h5", "hdf5", "npy"}
_LARGEST_PICTURE = 32 * 1024 * 1024


class Preview(NamedTuple):
    """What is shown: `kind` says which of the other fields.

    `text` and `markdown` have `html`, the latter `facts` too; `table` has `rows`, `weights` and
    `graph` theirs; `picture` and `pickle` nothing; `none` a `problem`, a code of Unreadable, or
    `unknown`. `cut`: the file goes on. `has_source`: it can be shown as text, too.
    """

    kind: str
    html: Markup = Markup()
    facts: list[tuple[str, list[str]]] = []  # noqa: RUF012  # never changed
    rows: Rows | None = None
    weights: Weights | None = None
    graph: Graph | None = None
    problem: str = ""
    cut: bool = False
    has_source: bool = False


class Links(NamedTuple):
    """Where a Markdown file's links and images lead, from paths beside it."""

    link: Resolve
    image: Resolve


def make_preview(blobs: BlobStore, content: Content, links: Links, *, source: bool) -> Preview:
    """The preview of a file; `source` shows a text as it is."""
    ending = content.entry.path.rpartition("/")[2].rpartition(".")[2].lower()
    if not content.entry.size:
        return Preview("none", problem="empty")
    if ending in _PICKLES:
        return Preview("pickle")
    if ending in _PICTURES and not (source and ending == "svg"):
        return _show_picture(content, ending)
    file = StoredFile(blobs, content)
    try:
        if ending in _STRUCTURED:
            return _STRUCTURED[ending](file)
        return _show_text(file, content.entry.path, ending, links, source=source)
    except Unreadable as error:
        return Preview("none", problem=error.code)


def _show_picture(content: Content, ending: str) -> Preview:
    if content.entry.size > _LARGEST_PICTURE:
        return Preview("none", problem="too_large")
    return Preview("picture", has_source=ending == "svg")


_STRUCTURED: dict[str, Callable[[StoredFile], Preview]] = {
    "parquet": lambda file: Preview("table", rows=read_parquet(file)),
    "safetensors": lambda file: Preview("weights", weights=read_safetensors(file)),
    "gguf": lambda file: Preview("weights", weights=read_gguf(file)),
    "onnx": lambda file: Preview("graph", graph=read_onnx(file)),
}


def _show_text(file: StoredFile, path: str, ending: str, links: Links, *, source: bool) -> Preview:
    text, cut = _read_text(file)
    if not source:
        if ending == "md":
            found = render_markdown(text, links.link, links.image)
            is_cut = cut or found.cut
            return Preview("markdown", found.html, found.facts, cut=is_cut, has_source=True)
        if ending in ("csv", "tsv", "jsonl", "ndjson"):
            shown = _show_rows(text, ending, cut=cut)
            if shown is not None:
                return shown
        if ending == "json" and not cut:
            pretty = _arrange(text)
            if pretty is not None:
                same = pretty.strip() == text.strip()
                return Preview("text", highlight_lines(pretty, path), has_source=not same)
    # A text that is shown as it is has another view only where its name has one.
    other = ending in ("md", "csv", "tsv", "jsonl", "ndjson", "json", "svg")
    return Preview("text", highlight_lines(text, path), cut=cut, has_source=source and other)


def _show_rows(text: str, ending: str, *, cut: bool) -> Preview | None:
    try:
        rows = (read_csv if ending in ("csv", "tsv") else read_json_lines)(text, cut)
    except Unreadable:
        return None
    return Preview("table", rows=rows, has_source=True)


def _read_text(file: StoredFile) -> tuple[str, bool]:
    """The beginning of a text, in whole characters; raises Unreadable where it is none."""
    data = file.read(TEXT_BYTES)
    cut = len(data) < file.size
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not cut or error.start < len(data) - 4:
            raise Unreadable("unknown") from error
        text = data[: error.start].decode("utf-8-sig")
    if "\0" in text:
        raise Unreadable("unknown")
    return text.replace("\r\n", "\n"), cut


def _arrange(text: str) -> str | None:
    """JSON on lines of its own; None for what is no JSON."""
    try:
        value = json.loads(text)
        pretty = json.dumps(value, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    return pretty


def read_beginning(blobs: BlobStore, content: Content) -> str | None:
    """The beginning of a text; None for what is none."""
    try:
        return _read_text(StoredFile(blobs, content))[0]
    except Unreadable:
        return None
