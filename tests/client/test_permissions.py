"""Who may run which command of `ah`: one table, in which no command may be missing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.scenes import Cast, Scene
from hubs import RunningHub
from t9k.ah._cli.program import ah as program

from .conftest import Result, RunAh

# Who runs the command, in the order of the columns. The last two are keys of the owner: one that
# may only read, and one of the model's folder.
ROLES = (
    *("anonymous", "disabled", "outsider", "view", "run", "edit", "owner", "admin"),
    *("read", "folder"),
)
# What comes of it: done, or refused, since the key is none, nothing is seen, or it is not allowed.
#            anonymous   outsider   run       owner      read
#                 disabled    view       edit      admin      folder
LOCAL = "    done done   done done  done done  done done  done done"
KNOWN = "    auth auth   done done  done done  done done  done done"
ACCOUNT = "  auth auth   done done  done done  done done  done deny"
FULL_KEY = " auth auth   done done  done done  done done  deny deny"
VIEW = "     auth auth   none done  done done  done none  done done"
EDIT = "     auth auth   none deny  deny done  done none  deny done"
OWN = "      auth auth   none deny  deny deny  done none  deny deny"
GIVE = "     auth auth   none deny  deny deny  done done  deny deny"
OWN_KEY = "  auth auth   none none  none none  done none  deny deny"
# The key of the model's folder does not open the dataset.
VIEW_DATASET = "auth auth none done  done done  done none  done none"
EDIT_DATASET = "auth auth none deny  deny done  done none  deny none"
OWN_DATASET = " auth auth none deny  deny deny  done none  deny none"
RECORD = "     auth auth none deny  done done  done none  deny none"

TABLE = {
    "cache ls": (LOCAL, ""),
    "cache prune": (LOCAL, ""),
    "cat": (VIEW, "{model} w.bin"),
    "commit": (EDIT, "{model} -m m -a file"),
    "compare": (VIEW, "{model} {model}"),
    "completion": (LOCAL, "bash"),
    "create folder": (FULL_KEY, "model/{new}"),
    "create model": (EDIT, "{folder}/{new}"),
    "create dataset": (EDIT_DATASET, "{dataset_folder}/{new}"),
    "create branch": (EDIT, "{model}:{new}"),
    "create tag": (EDIT, "{model} {new}"),
    "create evaluation": (RECORD, "{model} -d {dataset} -m accuracy=0.5"),
    "delete folder": (OWN, "{folder} -y"),
    "delete model": (EDIT, "{model} -y"),
    "delete dataset": (EDIT_DATASET, "{dataset} -y"),
    "delete branch": (EDIT, "{model}:dev -y"),
    "delete tag": (EDIT, "{model}:v1 -y"),
    "delete evaluation": (EDIT, "{evaluation} -y"),
    "describe folder": (OWN, "{folder} text"),
    "describe model": (EDIT, "{model} text"),
    "describe dataset": (EDIT_DATASET, "{dataset} text"),
    "diff": (VIEW, "{model} {model}:tag/v1"),
    "download": (VIEW, "{model} -s there"),
    "export evaluation": (VIEW, "{evaluation} --format csv -o exported.csv"),
    "gate check": (VIEW, "{model}:tag/v1 {model}"),
    "gate delete": (OWN, "{model}:dev"),
    "gate set": (OWN, "{model}:dev -f gate.yaml --allow-new"),
    "gate show": (VIEW, "{model}:main"),
    "history": (VIEW, "{model} -m accuracy"),
    "import evaluation": (RECORD, "runs.csv -m {model} -d {dataset}"),
    "invalidate evaluation": (EDIT, "{evaluation} --reason wrong"),
    "key ls": (ACCOUNT, ""),
    "key create": (FULL_KEY, ""),
    "key revoke": (OWN_KEY, "{key}"),
    "label folder": (OWN, "{folder} -a new"),
    "label model": (EDIT, "{model} -a new"),
    "label dataset": (EDIT_DATASET, "{dataset} -a new"),
    "leaderboard": (VIEW_DATASET, "{dataset} -m accuracy"),
    "log": (VIEW, "{model}"),
    "login": (KNOWN, ""),
    "logout": (LOCAL, ""),
    "ls evaluation": (VIEW, "{model}"),
    "ls share": (OWN, "{folder}"),
    "ls folder": (KNOWN, "-s all"),
    "ls model": (VIEW, "{folder}"),
    "ls dataset": (VIEW_DATASET, "{dataset_folder}"),
    "ls branch": (VIEW, "{model}"),
    "ls tag": (VIEW, "{model}"),
    "ls commit": (VIEW, "{model}"),
    "ls object": (VIEW, "{model}"),
    "merge": (EDIT, "{model}:dev {model}"),
    "protect": (OWN, "{model}:dev"),
    "rename folder": (OWN, "{folder} {new}"),
    "rename model": (EDIT, "{model} {new}"),
    "rename dataset": (EDIT_DATASET, "{dataset} {new}"),
    "reset": (EDIT, "{model}:dev main"),
    "revert": (EDIT, "{model}:dev main"),
    "search evaluation": (KNOWN, "accuracy>0"),
    "share": (OWN, "{folder} --user {heir}"),
    "show": (VIEW, "{model}"),
    "show evaluation": (VIEW, "{evaluation}"),
    "transfer": (GIVE, "{folder} {heir}"),
    "unprotect": (OWN, "{model}:dev"),
    "unshare": (OWN, "{folder} --user {heir}"),
    "verify": (LOCAL, "signed.jsonl --key key.pub"),
    "whoami": (KNOWN, ""),
}
# Who has done one of these has to be given the scene anew.
CHANGES = ("delete", "rename", "share", "unshare", "transfer", "protect", "revert", "key revoke")


def commands(group: click.Group = program, before: str = "") -> Iterator[str]:
    """All commands of `ah`, as the table names them."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


@pytest.fixture(scope="session")
def cast(hub: RunningHub) -> Cast:
    return Cast(hub)


def test_no_command_is_missing_from_the_table() -> None:
    assert sorted(commands()) == sorted(TABLE)


# One hub will do: what a command makes of an answer does not hang on the database.
@pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)
@pytest.mark.parametrize("command", TABLE)
def test_a_command_ends_for_each_role_as_the_table_says(
    cast: Cast, command: str, run_ah: RunAh
) -> None:
    scene, found = Scene(cast), {}
    for role in ROLES:
        Path("file").write_text(role)
        rule = f"metric: accuracy, dataset: {scene.reference('dataset')}"
        Path("gate.yaml").write_text(f"rules: [{{{rule}}}]")
        Path("runs.csv").write_text("accuracy\n0.5\n")
        if command == "verify" and not found:
            sign_statement(scene, run_ah)
        given = ["-q", "--host", cast.hub.url]
        if role != "anonymous":
            given += ["--key", scene.keys[role]]
        result = run_ah(*given, *command.split(), *fill(scene, TABLE[command][1]))
        found[role] = read_outcome(result)
        if found[role] == "done" and command.startswith(CHANGES):
            scene = Scene(cast)
    assert found == dict(zip(ROLES, TABLE[command][0].split(), strict=True))


def sign_statement(scene: Scene, run_ah: RunAh) -> None:
    """What `verify` checks, and the key that it was signed with."""
    key = Ed25519PrivateKey.generate()
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    Path("key.pem").write_bytes(key.private_bytes(pem, pkcs8, plain))
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    Path("key.pub").write_bytes(key.public_key().public_bytes(pem, spki))
    owner = ["--host", scene.cast.hub.url, "--key", scene.keys["owner"], "-q"]
    what = ["export", "evaluation", scene.evaluation, "--format", "in-toto", "--sign", "key.pem"]
    assert run_ah(*owner, *what, "-o", "signed.jsonl").code == 0


def fill(scene: Scene, arguments: str) -> list[str]:
    """The arguments with the names of a scene."""
    owner = scene.cast.users["owner"].name
    names = {
        "folder": f"{owner}/model/{scene.name}",
        "model": scene.reference("model"),
        "dataset_folder": f"{owner}/dataset/{scene.name}",
        "dataset": scene.reference("dataset"),
        "evaluation": scene.evaluation,
        "heir": scene.cast.users["run"].name,
        "key": scene.keys["read"][:8],
        "new": f"new-{uuid.uuid4().hex[:12]}",
    }
    return arguments.format(**names).split()


REFUSALS = {
    "auth": r"ah login -H \S+ -k KEY",
    "none": r"There is no .+ that you may view|no key in use starts with",
    "deny": r"permission denied: ask who owns|this key may not do that",
}


def read_outcome(result: Result) -> str:
    """Done, or the one kind of refusal that the command has told of."""
    if result.code == 0:
        return "done"
    assert (result.code, result.out, result.err[:10]) == (1, "", "AH ERROR: "), result
    [outcome] = [name for name, said in REFUSALS.items() if re.search(said, result.err)]
    return outcome
