"""Every line of the released protocol has a test."""

import ast
from pathlib import Path

from compat.protocol import ROWS


def covered(path: Path) -> set[str]:
    """The lines that the tests of a file name."""
    return {
        argument.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "covers"
        for argument in decorator.args
        if isinstance(argument, ast.Constant)
    }


def test_every_line_of_the_protocol_is_covered_by_a_test() -> None:
    found = set().union(*(covered(path) for path in Path(__file__).parent.glob("test_*.py")))
    assert sorted(ROWS.keys() - found) == []
