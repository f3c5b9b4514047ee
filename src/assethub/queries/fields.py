"""Names of fields in a search, and the words they are written with."""

import re

from .terms import Field, Name

KEYWORDS = ("and", "or", "not", "in", "exists")
_PIECE = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\.|[^."']+""", re.S)
_PLAIN_KEY = re.compile(r"""[^\s()"',=<>!~.]+""")
_PLAIN_NAME = re.compile(r"""(?![\d+\-.])[^\s()"',=<>!~]+""")
FIELDS = {name.value: name for name in Name}
_WITH_PATH = (Name.METRIC, Name.PARAM)


class Flaw(Exception):
    """What is wrong, and at which place of the text."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message, self.position = message, position


def read_field(text: str, position: int = 0) -> Field:
    """The field that `text` names, quotes and all; raises Flaw."""
    words: list[str] = []
    dotted = True
    for piece in _PIECE.finditer(text):
        place = position + piece.start()
        if (piece[0] == ".") == dotted:
            expected = "a name after the dot" if dotted else "a dot between the names"
            raise Flaw(f"expected {expected}", place)
        dotted = not dotted
        if piece[0] != ".":
            words.append(unquote(piece[0]))
            if not words[-1].strip():
                raise Flaw("expected a name in the quotes", place)
    if dotted:
        raise Flaw("expected a name after the dot", position + len(text))
    return _named(text, words, position)


def _named(text: str, words: list[str], position: int) -> Field:
    first, rest = words[0], words[1:]
    if text[0] in "\"'" or first not in FIELDS:
        return Field(Name.METRIC, (".".join(words),))
    name = FIELDS[first]
    if name not in _WITH_PATH:
        if rest:
            raise Flaw(
                f"{first} has no parts; a metric of this name is written {write_text(text)}",
                position,
            )
        return Field(name)
    if not rest:
        example = "metric.accuracy" if name is Name.METRIC else "param.lr"
        raise Flaw(f"expected a name after {first}, such as {example}", position + len(text))
    return Field(name, (".".join(rest),) if name is Name.METRIC else tuple(rest))


def write_field(field: Field) -> str:
    """The shortest text that is read as this field."""
    if field.name is Name.PARAM:
        return ".".join([field.name, *(_write_key(key) for key in field.path)])
    if field.name is not Name.METRIC:
        return field.name
    name = field.path[0]
    if _PLAIN_NAME.fullmatch(name) and name.lower() not in KEYWORDS:
        try:
            if read_field(name) == field:
                return name
        except Flaw:
            pass
    return write_text(name)


def _write_key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else write_text(key)


def unquote(text: str) -> str:
    """The text without its quotes, if it has any. A backslash hides a quote or a backslash."""
    if text[0] not in "\"'":
        return text
    return re.sub(r"""\\(["'\\])""", r"\1", text[1:-1])


def write_text(text: str) -> str:
    """The text in quotes."""
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
