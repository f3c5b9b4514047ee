"""The table of what the audit log records is that of the program."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([a-z]+)` \| (`[a-z_`; ]+.*) \|$", re.MULTILINE)
ACTION = re.compile(r'"([a-z]+)\.([a-z_]+)"')


def test_every_action_stands_in_the_table_and_no_other() -> None:
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    table = page.partition("| noun | verbs |")[2].partition("\n\n")[0]
    documented = {
        f"{noun}.{verb}"
        for noun, verbs in ROW.findall(table)
        for verb in re.findall("`(.+?)`", verbs)
    }
    nouns = {action.partition(".")[0] for action in documented}
    sources = [*ROOT.glob("src/assethub/core/**/*.py"), *ROOT.glob("src/assethub/api/*.py")]
    recorded = {
        f"{noun}.{verb}"
        for source in sources
        if "core.audit import" in (text := source.read_text("utf-8")) or "note_refused_key" in text
        for noun, verb in ACTION.findall(text)
    }
    assert documented == recorded
    assert len(nouns) > 10
