"""YAML documents: only plain data, and no more of it than the text is long."""

from __future__ import annotations

from typing import Any

from .._errors import InvalidInputError
from .files import MIB, decode, too_large
from .parts import MAX_DEPTH, Part

# The largest model cards with a model-index are some hundred KiB.
MAX_YAML = 4 * MIB
# With each alias counted as often as it is used.
MAX_NODES = 500_000


def parse_yaml(data: bytes, part: Part) -> Part:
    """The document of these bytes, at the place of `part`: plain data, times as text."""
    import yaml

    if len(data) > MAX_YAML:
        raise too_large(part, MAX_YAML)
    text = decode(data, part)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_depth(yaml, loader, text, part)
        node = yaml.compose(text, Loader=loader)
        if node is not None:
            _Sizes(part).measure(node)
        value = yaml.load(text, Loader=loader)  # noqa: S506  # nosec B506  # the safe loader
    except InvalidInputError:
        raise
    except yaml.YAMLError as error:
        raise part.refuse(f"is no YAML: {_reason(error)}") from None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        # PyYAML's own where a tagged value cannot be: a date of month 13, a number without digits.
        raise part.refuse(f"has a value that is none: {error!s:.100}") from None
    except RecursionError:
        raise part.refuse("is nested too deep") from None
    return Part(part.file, value, part.place)


def _reason(error: Exception) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not understood"
    mark = getattr(error, "problem_mark", None)
    return f"{problem} at line {mark.line + 1}, column {mark.column + 1}" if mark else str(problem)


def _check_depth(yaml: Any, loader: Any, text: str, part: Part) -> None:
    """Before anything recursive sees it: libyaml's parser is none, its composer is."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise part.refuse(f"is nested more than {MAX_DEPTH} levels deep")


class _Sizes:
    """How many nodes a document has once its aliases are followed."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.sizes: dict[int, int] = {}
        self.open: set[int] = set()

    def measure(self, node: Any) -> int:
        known = self.sizes.get(id(node))
        if known is not None:
            return known
        if id(node) in self.open:
            raise self.part.refuse("holds itself, by an alias")
        self.open.add(id(node))
        size = 1 + sum(self.measure(child) for child in self._children(node))
        if size > MAX_NODES:
            raise too_large_by_aliases(self.part)
        self.open.remove(id(node))
        self.sizes[id(node)] = size
        return size

    def _children(self, node: Any) -> list[Any]:
        if not isinstance(node.value, list):
            return []
        if node.id == "sequence":
            return list(node.value)
        keys = [key.value for key, _ in node.value if key.id == "scalar" and key.value != "<<"]
        if len(set(keys)) < len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise self.part.refuse(f"has the key {twice!r:.60} twice in one object")
        return [each for pair in node.value for each in pair]


def too_large_by_aliases(part: Part) -> InvalidInputError:
    """The error to raise for a document that its aliases make too large."""
    return part.refuse(
        f"has more than {MAX_NODES:,} values, its aliases followed", code="file_too_large"
    )
