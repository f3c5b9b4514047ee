"""What each rule of the grammar makes; loaded with lark, when the first search is parsed."""

from typing import Any, NamedTuple, cast

from lark import Token, Transformer, v_args

from .fields import Flaw, read_field
from .terms import And, Compare, Exists, Field, In, Name, Not, Operator, Or, Query, SortKey, Value
from .values import check_operator, check_order, read_value

DEEPEST = 32
_UNSORTED = (Name.LABEL, Name.TAG, Name.DATASET_TAG)


class Part(NamedTuple):
    node: Query
    depth: int = 1
    conditions: int = 1


class Word(NamedTuple):
    word: str
    ago: bool
    position: int

    def read(self, field: Field) -> Value:
        return read_value(field, self.word, self.ago, self.position)


@v_args(inline=True)
class Rules(Transformer[Token, Part]):
    """What becomes of each rule of the grammar, from the innermost out."""

    def start(self, part: Part) -> Part:
        return part

    def disjunction(self, *parts: Part) -> Part:
        return _join(Or, parts)

    def conjunction(self, *parts: Part) -> Part:
        return _join(And, parts)

    def negation(self, word: Token, part: Part) -> Part:
        return _deeper(part, Not(part.node), word)

    def group(self, opening: Token, part: Part, _closing: Token) -> Part:
        return _deeper(part, part.node, opening)

    def comparison(self, name: Token, operator: Token, value: Word) -> Part:
        field = read_field(name, name.start_pos or 0)
        check_operator(field, "=" if operator == "==" else operator, operator.start_pos or 0)
        sign = cast("Operator", "=" if operator == "==" else str(operator))
        meant = value.read(field)
        check_order(field, sign, meant, value.position)
        return Part(Compare(field, sign, meant))

    def membership(self, name: Token, *rest: Any) -> Part:
        field = read_field(name, name.start_pos or 0)
        values = tuple(each.read(field) for each in rest if isinstance(each, Word))
        found = In(field, values)
        negated = any(getattr(each, "type", "") == "NOT" for each in rest)
        return Part(Not(found), 2) if negated else Part(found)

    def existence(self, name: Token) -> Part:
        return Part(Exists(read_field(name, name.start_pos or 0)))

    def value(self, word: Token, ago: Token | None = None) -> Word:
        return Word(str(word), ago is not None, word.start_pos or 0)

    def sort(self, *keys: SortKey | None) -> tuple[SortKey, ...]:
        return tuple(key for key in keys if isinstance(key, SortKey))

    def key(self, *words: Token) -> SortKey:
        name = words[-1]
        field = read_field(name, name.start_pos or 0)
        if field.name in _UNSORTED:
            raise Flaw(f"an evaluation can have several of {field.name}", name.start_pos or 0)
        return SortKey(field, len(words) > 1)


def _join(kind: type[And] | type[Or], parts: tuple[Part, ...]) -> Part:
    """One node over the parts, into which parts of the same kind are taken."""
    nodes: list[Query] = []
    for part in parts:
        nodes.extend(part.node.operands if isinstance(part.node, kind) else [part.node])
    conditions = sum(part.conditions for part in parts)
    return Part(kind(tuple(nodes)), max(part.depth for part in parts), conditions)


def _deeper(part: Part, node: Query, token: Token) -> Part:
    if part.depth >= DEEPEST:
        raise Flaw(f"at most {DEEPEST} levels of parentheses and not", token.start_pos or 0)
    return Part(node, part.depth + 1, part.conditions)
