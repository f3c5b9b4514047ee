"""The audit log is only added to, and whoever changes it all the same is found out."""

import csv
import io
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.exc import DBAPIError

from assethub.cli import cli
from assethub.core.audit_log import verify_log
from assethub.core.repository import tags
from assethub.errors import Conflict
from benches import Bench


def run(bench: Bench, *arguments: str) -> Result:
    settings = bench.settings
    places = [f"--data={settings.data}", f"--database-url={settings.database_url}"]
    places.append(f"--store-url={settings.store_url}")
    return CliRunner().invoke(cli, ["audit", *arguments, *places])


def execute(bench: Bench, *statements: str) -> None:
    """Changes the database as somebody would who may do all with it."""
    sqlite = bench.hub.database.engine.dialect.name == "sqlite"

    def job(connection: sa.Connection) -> None:
        if sqlite:
            names = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            )
            for name in names.scalars().all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            for table in ("audit", "audit_chains"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)

    bench.hub.database.write(job)


@pytest.fixture
def filled(bench: Bench) -> Bench:
    """A hub with a dozen records, which were made one after another and so stand in one chain."""
    asset = bench.asset()
    for number in range(10):
        tags.create_tag(bench.hub, bench.user, asset, f"t{number}", "main")
    return bench


def seqs(bench: Bench) -> list[int]:
    with bench.hub.database.read() as connection:
        return list(connection.exec_driver_sql("SELECT seq FROM audit ORDER BY seq").scalars())


def test_a_whole_log_is_said_to_be_whole_with_its_head(filled: Bench) -> None:
    result = run(filled, "--verify")
    count = len(seqs(filled))
    assert result.exit_code == 0
    first, head = result.output.splitlines()
    assert first == f"All {count} records of the audit log are as they were written."
    assert head.startswith(f"head 0:{count}:")
    again = run(filled, "--verify", "--head", head.removeprefix("head "))
    assert again.exit_code == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET user_name = 'eve'",
        "DELETE FROM audit",
        "DELETE FROM audit_chains",
        "UPDATE audit_chains SET count = count - 1",
    ],
)
def test_the_database_refuses_to_change_the_log(filled: Bench, statement: str) -> None:
    before = seqs(filled)
    with pytest.raises(DBAPIError, match="the audit log is only ever added to"):
        filled.hub.database.write(lambda connection: connection.exec_driver_sql(statement).rowcount)
    assert seqs(filled) == before
    assert verify_log(filled.hub).problem is None


CHANGES = {
    "user_name": "'eve'",
    "user_id": "NULL",
    "key_prefix": "'12345678'",
    "peer": "'192.0.2.1'",
    "time": "time - 1",
    "action": "'tag.delete'",
    "target": "'nothing'",
    "asset_id": "NULL",
    "folder_id": "NULL",
    "result": "'failed'",
    "detail": "'{}'",
    "hash": "'" + "a" * 64 + "'",
    "previous": "'" + "a" * 64 + "'",
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_record_is_named(filled: Bench, column: str) -> None:
    seq = seqs(filled)[5]
    execute(filled, f"UPDATE audit SET {column} = {CHANGES[column]} WHERE seq = {seq}")
    result = run(filled, "--verify")
    assert result.exit_code == 1
    assert result.output.startswith(f"record {seq} ")
    assert "head" not in result.output


def test_a_removed_record_is_missed_by_the_one_after_it(filled: Bench) -> None:
    before = seqs(filled)
    execute(filled, f"DELETE FROM audit WHERE seq = {before[5]}")
    result = run(filled, "--verify")
    assert (result.exit_code, result.output.split(" (")[0]) == (1, f"record {before[6]}")
    assert "does not follow the one before it" in result.output


def test_an_inserted_record_is_named(filled: Bench) -> None:
    columns = (
        "time, user_id, user_name, key_prefix, peer, action, target, asset_id, folder_id, "
        "result, detail, previous, hash, chain"
    )
    last = seqs(filled)[-1]
    copied = f"INSERT INTO audit ({columns}) SELECT {columns} FROM audit WHERE seq = {last}"
    execute(filled, copied)
    result = run(filled, "--verify")
    assert (result.exit_code, result.output.split(" (")[0]) == (1, f"record {seqs(filled)[-1]}")


def test_records_missing_at_the_end_are_counted(filled: Bench) -> None:
    before = seqs(filled)
    execute(filled, f"DELETE FROM audit WHERE seq > {before[-4]}")
    result = run(filled, "--verify")
    assert result.exit_code == 1
    assert result.output.startswith(
        f"3 records are missing at the end of chain 0, after its first {len(before) - 3}"
    )


def test_a_log_without_any_record_is_missed(filled: Bench) -> None:
    execute(filled, "DELETE FROM audit")
    assert "records are missing at the end of chain 0" in run(filled, "--verify").output
    execute(filled, "DELETE FROM audit_chains")
    result = run(filled, "--verify")
    assert (result.exit_code, "the heads of the log are gone" in result.output) == (1, True)


def test_a_kept_head_shows_a_log_that_was_cut_with_its_own_head(filled: Bench) -> None:
    head = run(filled, "--verify").output.split("head ")[1].strip()
    last = seqs(filled)[-1]
    execute(
        filled,
        f"UPDATE audit_chains SET count = count - 1, hash = (SELECT previous FROM audit "
        f"WHERE seq = {last}) WHERE chain = 0",
        f"DELETE FROM audit WHERE seq = {last}",
    )
    assert run(filled, "--verify").exit_code == 0
    result = run(filled, "--verify", "--head", head)
    assert result.exit_code == 1
    assert result.output.startswith("1 records are missing at the end of chain 0")
    other = head[:-1] + ("0" if head[-1] != "0" else "1")
    tags.create_tag(filled.hub, filled.user, filled.asset(), "new", "main")
    assert "the log was written anew" in run(filled, "--verify", "--head", other).output


def test_many_writers_at_once_leave_a_whole_log_without_those_who_failed(bench: Bench) -> None:
    asset = bench.asset()

    def make(number: int) -> bool:
        try:
            tags.create_tag(bench.hub, bench.user, asset, f"t{number % 60}", "main")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(make, range(120)))
    assert sum(made) == 60
    verdict = verify_log(bench.hub)
    assert verdict.problem is None
    found = json.loads(run(bench, "--action=tag.create", "--limit=1000", "-o", "json").output)
    done = [row["target"].rpartition("/")[2] for row in found if row["result"] == "done"]
    assert sorted(done) == sorted(f"t{number}" for number in range(60))
    assert len(verdict.heads) == 1 or bench.settings.database_url


READERS: dict[str, Callable[[str], list[str]]] = {
    "table": lambda text: [re.findall(r"[a-z]+\.[a-z]+", row)[0] for row in text.splitlines()[1:]],
    "json": lambda text: [row["action"] for row in json.loads(text)],
    "csv": lambda text: [row["action"] for row in csv.DictReader(io.StringIO(text))],
}


@pytest.mark.parametrize("output", READERS)
def test_the_log_is_shown_in_each_form(filled: Bench, output: str) -> None:
    for arguments, expected in (
        (["--since", "1h", "--action", "tag", "--limit", "3"], ["tag.create"] * 3),
        (["--since", "2999-01-01"], []),
        (["--user", filled.user.name, "--action", "asset.create"], ["asset.create"]),
        (["--asset", "nobody/model/f/a"], []),
    ):
        result = run(filled, *arguments, "-o", output)
        assert result.exit_code == 0, result.output
        assert READERS[output](result.output) == expected


def test_the_log_says_who_ran_the_command_on_the_machine(bench: Bench) -> None:
    [made] = json.loads(run(bench, "--action", "user.create", "-o", "json").output)
    assert made["target"] == bench.user.name
    assert made["user_name"].startswith("assethub:")
    assert made["user_id"] is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--since", "soon"], "neither 7d nor a date"),
        (["--head", "0:1:abc"], "--head goes with --verify"),
        (["--limit", "0"], "0 is not in the range"),
    ],
)
def test_what_makes_no_sense_is_said_to_make_none(
    bench: Bench, arguments: list[str], text: str
) -> None:
    result = run(bench, *arguments)
    assert (result.exit_code, text in result.output) == (2, True), result.output
