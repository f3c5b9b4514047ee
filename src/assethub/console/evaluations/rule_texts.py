"""A gate's rules as YAML text: written, and read with the lines on which they stand."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import yaml

from assethub.core.gates.rules import InvalidRule, Rule
from assethub.errors import HubError, InvalidInput

_LONGEST = 48 * 1024
# As YAML 1.2 has numbers: that of PyYAML, 1.1, takes 1e-3 for text.
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)")


class RuleText(NamedTuple):
    """The rules of a text, not yet checked, and the line on which each and each field begins."""

    rules: Any
    lines: list[int]
    fields: list[dict[str, int]]

    def line_of(self, error: HubError) -> int:
        """The line that an error is about, 0 where it is about none."""
        if not isinstance(error, InvalidRule) or not 0 < error.number <= len(self.lines):
            return 0
        place = error.number - 1
        return self.fields[place].get(error.field, self.lines[place])


class NoYaml(InvalidInput):
    """A text that is no YAML of rules; `line` counts from 1, 0 where none is to blame."""

    code = "no_yaml"

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.line = line


class _Loader(yaml.SafeLoader):
    """Refuses aliases, which make much of little, and keys that come twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not taken", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        made = super().construct_mapping(node, deep=deep)
        if len(made) < len(node.value):
            raise yaml.constructor.ConstructorError(
                None, None, "a field is given twice", node.start_mark
            )
        return made


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))


def read_rules(text: str) -> RuleText:
    """The rules of a text of YAML or JSON: a list, or a mapping with `rules`; raises NoYaml."""
    if len(text) > _LONGEST:
        raise NoYaml(f"the text has more than {_LONGEST} characters")
    try:
        loader = _Loader(text.replace("\r\n", "\n"))
        root = loader.get_single_node()
        said = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NoYaml(str(error.problem), mark.line + 1 if mark else 0) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NoYaml(str(error)) from error
    rules = said.get("rules", []) if isinstance(said, dict) else said
    return RuleText(rules or [], *_places(root))


def write_rules(rules: Iterable[Rule | dict[str, Any]]) -> str:
    """The rules as a text that `read_rules` reads."""
    said = [rule if isinstance(rule, dict) else rule.as_json() for rule in rules]
    return yaml.safe_dump(
        {"rules": said}, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1000
    )


def add_rule(text: str, rule: dict[str, Any]) -> str:
    """The text with one more rule at its end; what stands there stays as it was written."""
    rules = read_rules(text).rules
    if not rules:
        return write_rules([rule])
    written = yaml.safe_dump([rule], sort_keys=False, allow_unicode=True, width=1000)
    listed = (line for line in text.splitlines() if line.lstrip().startswith("-"))
    first = next(listed, "")
    indent = first[: len(first) - len(first.lstrip())]
    added = "".join(f"{indent}{line}\n" for line in written.splitlines())
    joined = text.rstrip() + "\n" + added
    try:
        if len(read_rules(joined).rules) == len(rules) + 1:
            return joined
    except NoYaml:
        pass
    return write_rules([*rules, rule])


def _places(root: Any) -> tuple[list[int], list[dict[str, int]]]:
    if isinstance(root, yaml.MappingNode):
        root = next((value for key, value in root.value if key.value == "rules"), None)
    if not isinstance(root, yaml.SequenceNode):
        return [], []
    lines = [each.start_mark.line + 1 for each in root.value]
    fields = [
        {str(key.value): key.start_mark.line + 1 for key, _ in each.value}
        if isinstance(each, yaml.MappingNode)
        else {}
        for each in root.value
    ]
    return lines, fields
