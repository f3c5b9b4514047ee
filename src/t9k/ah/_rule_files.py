"""Files with the rules of a gate, YAML or JSON, with the lines on which the rules begin."""

from __future__ import annotations

import re
from os import PathLike, fspath
from typing import Any, NamedTuple

from ._errors import InvalidInputError

_LARGEST_BYTES = 1 << 20
_PLACE = re.compile(r"rule (\d+)\b")
# As YAML 1.2 has numbers: that of PyYAML, 1.1, takes 1e-3 for text.
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)")


class RuleFile(NamedTuple):
    """The rules of a file, as they stand there, and on which line each begins."""

    path: str
    rules: Any
    lines: list[int]

    def place(self, error: InvalidInputError) -> InvalidInputError:
        """The error with the file, and the line of the rule that it is about."""
        match = _PLACE.match(str(error))
        number = int(match[1]) if match else 0
        line = f", line {self.lines[number - 1]}" if 0 < number <= len(self.lines) else ""
        return InvalidInputError(
            f"{self.path}{line}: {error}", code=error.code, status=error.status
        )


def read_rule_file(path: str | PathLike[str]) -> RuleFile:
    """The rules of a YAML or JSON file; raises InvalidInputError that says what is wrong where."""
    import yaml

    name = fspath(path)
    try:
        with open(name, "rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(
            f"Cannot read the rules: {error.strerror}: {name}", code="file_not_readable"
        ) from error
    if len(data) > _LARGEST_BYTES:
        raise _wrong(name, "more than 1 MiB is no file of rules")
    try:
        loader = _make_loader(data)
        root = loader.get_single_node()
        rules = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise _wrong(f"{name}{line}", f"{error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise _wrong(name, f"no YAML that can be read: {error}") from error
    return RuleFile(name, rules, _lines(root))


def _make_loader(data: bytes) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Refuses keys that come twice, of which YAML would take the last."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            made = super().construct_mapping(node, deep=deep)
            if len(made) < len(node.value):
                keys = [self.construct_object(key) for key, _ in node.value]
                twice, mark = next(
                    (key, each.start_mark)
                    for at, ((each, _), key) in enumerate(zip(node.value, keys, strict=True))
                    if key in keys[:at]
                )
                raise yaml.constructor.ConstructorError(
                    problem=f"{twice!r} is given twice", problem_mark=mark
                )
            return made

    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))
    return Loader(data)


def _lines(root: Any) -> list[int]:
    import yaml

    if isinstance(root, yaml.MappingNode):
        found = [value for key, value in root.value if key.value == "rules"]
        root = found[0] if found else None
    if not isinstance(root, yaml.SequenceNode):
        return []
    return [each.start_mark.line + 1 for each in root.value]


def _wrong(place: str, what: str) -> InvalidInputError:
    return InvalidInputError(f"{place}: {what}", code="invalid_rule")
