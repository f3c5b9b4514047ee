"""The runbook of backups does what it says, command by command."""

import re
import subprocess
import sys
from pathlib import Path

from assethub.settings import Settings
from benches import Bench, fresh, new_database
from hubs import hub_environment, run_hub

ROOT = Path(__file__).parents[2]
SERVE = "assethub serve --data /srv/restored"


def test_the_commands_of_the_section_on_backups_work(
    tmp_path: Path, postgres_url: str, s3_url: str
) -> None:
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    section = page.partition("\n## Backup\n")[2].partition("\n## ")[0]
    commands = [
        line
        for block in re.findall(r"^```\n(.*?)^```$", section, re.M | re.S)
        for line in block.splitlines()
    ]
    assert len(commands) > 8
    bench = Bench(Settings(data=tmp_path / "data", database_url="", store_url=""))
    asset, files = bench.asset(), fresh("a", "b")
    bench.commit(asset, files)
    commands.remove(SERVE)
    with new_database(postgres_url) as url:
        bench.hub.close()
        script = "\n".join(commands)
        for shown, real in {
            "/srv/restored": str(tmp_path / "restored"),
            "/tmp/rehearsal": str(tmp_path / "rehearsal"),
            "/backup/hub": str(tmp_path / "backup"),
            "s3://backups/hub": f"{s3_url}/backups",
            "postgresql://hub@db/hub": f"'{url}'",
        }.items():
            assert shown in script
            script = script.replace(shown, real)
        done = subprocess.run(
            ["bash", "-ec", f"PATH={Path(sys.executable).parent}:$PATH\n{script}"],
            env=hub_environment(bench.settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("All commits are whole.") == 2
        moved = bench.settings.model_copy(update={"database_url": url})
        for settings in (
            Settings(data=tmp_path / "restored", database_url="", store_url=""),
            moved,
        ):
            with run_hub(settings, tmp_path / "log") as hub:
                bench.hub = hub.inside
                assert bench.read(asset) == files
