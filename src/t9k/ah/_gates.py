"""Gates of branches: rules for the evaluations of the commits that they may point at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from ._errors import InvalidInputError, WrongTypeError
from ._messages import inform

if TYPE_CHECKING:
    from ._branches import Branch
    from ._connection import Connection
    from ._records import GateRecord, RuleEntry

Rules = Sequence[Mapping[str, Any]] | Mapping[str, Any] | str | PathLike[str]
_OBSTACLE = "the merge is a fast-forward"
_CONFLICT = "the merge has no conflict"
_MOST_NAMED = 100


class GateCheck:
    """What a gate says to a merge. It is true where the merge would pass: gate and conflicts.

    Attributes: `passed`; `gated`, whether the branch has a gate at all; `branch`; `source` and
    `head`, the commits that would be merged and that the branch points at; `way`, which is
    `fast_forward`, `up_to_date` or `merge`; `problem`, what is in the way but the rules, mostly
    nothing; `rules`, what came of each, as dicts; `conflicts`, the first 1,000 paths that both
    sides changed, so that the merge would be refused.
    """

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.passed: bool = answer["passed"]
        self.gated: bool = answer["gated"]
        self.branch: str = answer["branch"]
        self.source: str = answer["source"]
        self.head: str = answer["head"]
        self.way: str = answer["way"]
        self.problem: str = answer["problem"]
        self.rules: list[RuleEntry] = list(answer["rules"])
        self.conflicts: list[str] = list(answer.get("conflicts", []))

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        lines = [self.summary]
        for rule in self.rules:
            mark = "passed" if rule["passed"] else "FAILED"
            why = f": {rule['reason']}" if rule["reason"] else f" ({rule['actual']})"
            lines.append(f"{mark}  rule {rule['number']}  {rule['required']}{why}")
        return "\n".join([*lines, *([self.problem] if self.problem else [])])

    @property
    def summary(self) -> str:
        """The outcome in one sentence."""
        merge = f"commit {self.source[:12]} into branch {self.branch}"
        if self.way == "up_to_date":
            return f"Branch {self.branch} has all of commit {self.source[:12]} already"
        if not self.gated and self.conflicts:
            return f"Branch {self.branch} has no gate, but merging {merge} would conflict"
        if not self.gated:
            return f"Branch {self.branch} has no gate"
        return f"The gate {'lets' if self.passed else 'does not let'} {merge} pass"

    def to_markdown(self) -> str:
        """A heading and a table, as for the comment of a pull request."""
        lines = [f"### {'✅' if self.passed else '❌'} {_cell(self.summary)}", ""]
        if self.rules:
            lines += ["| | rule | required | actual | reason |", "|---|---|---|---|---|"]
        for rule in self.rules:
            cells = (str(rule["number"]), rule["required"], rule["actual"], rule["reason"])
            mark = "✅" if rule["passed"] else "❌"
            lines.append(f"| {mark} | {' | '.join(map(_cell, cells))} |")
        if self.problem:
            lines += ["", f"❌ {_cell(self.problem)}"]
        return "\n".join(lines).rstrip() + "\n"

    def to_junit(self) -> str:
        """JUnit's XML, a test case for each rule."""
        from xml.etree.ElementTree import Element, SubElement, tostring  # nosec B405

        cases = [
            (f"rule {rule['number']}: {rule['required']}", rule["reason"]) for rule in self.rules
        ]
        if self.way != "up_to_date":
            paths = ", ".join(self.conflicts[:_MOST_NAMED])
            cases.append((_CONFLICT, f"both sides changed {paths}" if paths else ""))
        if self.gated and self.way != "up_to_date":
            cases.append((_OBSTACLE, self.problem))
        failures = sum(1 for _, reason in cases if reason)
        name = f"gate of branch {self.branch}"
        counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
        suites = Element("testsuites", counts)
        suite = SubElement(suites, "testsuite", {"name": _legal(name), **counts})
        for case, reason in cases:
            made = SubElement(suite, "testcase", {"classname": "gate", "name": _legal(case)})
            if reason:
                failure = SubElement(made, "failure", {"message": _legal(reason)})
                failure.text = _legal(reason)
        text: str = tostring(suites, "unicode", xml_declaration=False)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def get_gate(branch: Branch) -> GateRecord | None:
    """The gate of a branch; None where it has none."""
    answer = branch._connection.request("GET", f"{branch._route}/gate")
    return None if answer["changed"] is None else answer


def set_gate(branch: Branch, rules: Rules, allow_new: bool) -> GateRecord:
    """Give a branch rules; returns the gate as it is then."""
    from ._rule_files import RuleFile, read_rule_file

    file: RuleFile | None = None
    if isinstance(rules, str | PathLike):
        file = read_rule_file(rules)
        rules = file.rules
    body = {"rules": _list(rules), "allow_new": bool(allow_new)}
    try:
        made: GateRecord = branch._connection.request("PUT", f"{branch._route}/gate", json=body)
    except InvalidInputError as error:
        if file is None:
            raise
        raise file.place(error) from error
    count = len(made["rules"])
    inform(f"Set the gate of {branch._label}: {count} rule{'' if count == 1 else 's'}")
    return made


def delete_gate(branch: Branch) -> None:
    """Take the rules of a branch away."""
    branch._connection.delete(f"{branch._route}/gate")
    inform(f"Deleted the gate of {branch._label}")


def check_gate(connection: Connection, source: str, dest: str) -> GateCheck:
    """What the gate of a branch says to merging a commit, two full references."""
    body = {"source": source, "dest": dest}
    return GateCheck(connection.request("POST", "/gate/check", json=body))


def _list(rules: Rules) -> list[Any]:
    if isinstance(rules, Mapping):
        unknown = [name for name in rules if name != "rules"]
        if unknown or "rules" not in rules:
            raise InvalidInputError("A gate is a list of rules, or a mapping with only `rules`")
        rules = rules["rules"]
    if not isinstance(rules, Sequence) or isinstance(rules, str):
        raise WrongTypeError(f"The rules of a gate must be a list, not {rules!r:.60}")
    return [dict(rule) if isinstance(rule, Mapping) else rule for rule in rules]


def _cell(text: str) -> str:
    """Text in a cell of Markdown, where nothing of it means something."""
    escaped = "".join(f"\\{each}" if each in "\\|`*_<>[]" else each for each in text)
    return " ".join(escaped.split())


def _legal(text: str) -> str:
    """Text without what XML has no way to say."""
    return "".join(each if each >= " " and each not in "\ufffe\uffff" else " " for each in text)
