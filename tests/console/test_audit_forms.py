"""What the audit log says of each form of the console."""

import uuid
from typing import NamedTuple

import pytest

from api.test_audit import last_seq, since
from assethub.app import create_app
from assethub.console.places import ASSET, FOLDER
from assethub.core import assets, sharing
from assethub.core.evaluations import records
from assethub.core.gates.definitions import set_gate
from assethub.core.people import accounts, groups, keys, sessions, users
from assethub.core.permissions import Level
from assethub.core.repository import branches, tags
from assethub.core.repository.protection import Protection
from assethub.core.sharing import Grantee
from console.shelves import make_shelf
from console.visitors import Page, Visitor
from hubs import RunningHub, User

_RULES = "rules:\n  - metric: accuracy\n    dataset: digits/digits\n    min: 0.1\n"
_RULE = {"rule_metric": "accuracy", "rule_dataset": "digits/digits", "value": "0.1"}
_SIDES = {"model": "digits/svm", "dataset": "digits/digits"}
_MODEL = "{owner}/model/digits/svm"
_AT_COMMIT = _MODEL + "@{commit}"


class Form(NamedTuple):
    """A form, what is typed into it, and what is recorded of that: the actions and their target.

    In braces stands what `Stage` has by that name.
    """

    path: str
    actions: str
    target: str
    fields: dict[str, str]


FORMS = [
    Form("/signin", "session.open session.end", "{owner}", {"key": "{secret}"}),
    Form("/signout", "session.end", "{owner}", {}),
    Form(
        "/account/password",
        "password.set",
        "{owner}",
        {"current": "{password}", "new": "{new}-words", "again": "{new}-words"},
    ),
    Form(
        "/account/keys", "key.create", "{owner}", {"name": "laptop", "scope": "full", "days": "30"}
    ),
    Form("/account/keys/revoke", "key.revoke", "{owner}", {"key": "{key}"}),
    Form("/account/sessions/end", "session.end", "{owner}", {"session": "{session}"}),
    Form("/admin/users", "user.create link.create", "{new}", {"name": "{new}"}),
    Form("/admin/users/{user}/change", "user.update", "{user}", {"do": "disable"}),
    Form("/admin/users/{user}/link", "link.create", "{user}", {}),
    Form("/admin/groups", "group.create", "{new}", {"name": "{new}"}),
    Form("/admin/groups/{group}/members", "group.add_member", "{group}", {"name": "{owner}"}),
    Form(
        "/admin/groups/{group}/members/remove", "group.remove_member", "{group}", {"name": "{user}"}
    ),
    Form("/admin/groups/{group}/delete", "group.delete", "{group}", {"typed": "{group}"}),
    Form("/admin/keys/revoke", "key.revoke", "{owner}", {"id": "{key}"}),
    Form("/folders", "folder.create", "{owner}/model/made", {"type": "model", "name": "made"}),
    Form(FOLDER + "/assets", "asset.create", "{owner}/model/digits/made", {"name": "made"}),
    Form(FOLDER + "/change", "folder.update", "{owner}/model/digits", {"name": "renamed"}),
    Form(FOLDER + "/delete", "folder.delete", "{owner}/model/digits", {"typed": "digits"}),
    Form(
        FOLDER + "/share",
        "folder.share",
        "{owner}/model/digits",
        {"kind": "user", "name": "{user}", "level": "edit"},
    ),
    Form(FOLDER + "/unshare", "folder.unshare", "{owner}/model/digits", {"kind": "public"}),
    Form(
        FOLDER + "/transfer",
        "folder.transfer",
        "{owner}/model/digits",
        {"typed": "digits", "owner": "{user}"},
    ),
    Form(ASSET + "/settings", "asset.update", _MODEL, {"name": "renamed"}),
    Form(ASSET + "/settings/delete", "asset.delete", _MODEL, {"typed": "svm"}),
    Form(
        ASSET + "/commit/{commit}/revert",
        "branch.revert",
        _MODEL + ":branch/main",
        {"branch": "main"},
    ),
    Form(ASSET + "/branches", "branch.create", _MODEL + ":branch/made", {"name": "made"}),
    Form(
        ASSET + "/branches/delete",
        "branch.delete",
        _MODEL + ":branch/dev",
        {"name": "dev", "typed": "dev"},
    ),
    Form(ASSET + "/branches/protect", "branch.protect", _MODEL + ":branch/dev", {"name": "dev"}),
    Form(
        ASSET + "/branches/protect",
        "branch.unprotect",
        _MODEL + ":branch/kept",
        {"name": "kept", "protect": "no"},
    ),
    Form(ASSET + "/tags", "tag.create", _MODEL + ":tag/v2", {"name": "v2"}),
    Form(ASSET + "/tags/delete", "tag.delete", _MODEL + ":tag/v1", {"name": "v1", "typed": "v1"}),
    Form(
        ASSET + "/merge",
        "branch.merge",
        _MODEL + ":branch/main",
        {"source": "branch/dev", "target": "main"},
    ),
    Form(
        ASSET + "/reset",
        "branch.reset",
        _MODEL + ":branch/main",
        {"branch": "main", "to": "branch/dev"},
    ),
    Form(
        ASSET + "/files/delete",
        "commit.create",
        _MODEL + ":branch/main",
        {"chosen": "model.pkl", "message": "Less"},
    ),
    Form(ASSET + "/upload", "commit.create", _MODEL + ":branch/main", {"message": "More"}),
    Form(
        ASSET + "/evaluations/new",
        "evaluation.create",
        _AT_COMMIT,
        _SIDES,
    ),
    Form(
        "/evaluations/{id}/invalid", "evaluation.invalidate", _AT_COMMIT, {"reason": "Wrong data"}
    ),
    Form("/evaluations/{id}/valid", "evaluation.validate", _AT_COMMIT, {}),
    Form("/evaluations/{id}/delete", "evaluation.delete", _AT_COMMIT, {"reason": "Bad"}),
    Form(
        ASSET + "/gates", "gate.set", _MODEL + ":branch/main", {"branch": "main", "rules": _RULES}
    ),
    Form(ASSET + "/gates/delete", "gate.delete", _MODEL + ":branch/kept", {"branch": "kept"}),
]
NOTHING_CHANGES = [
    Form("/language", "", "", {"language": "zh-CN"}),
    Form("/theme", "", "", {"theme": "dark"}),
    Form("/admin/storage", "", "", {}),
    Form("/admin/health/verify", "", "", {}),
    Form(ASSET + "/gates/try", "", "", {"branch": "main", "rules": _RULES}),
    Form(ASSET + "/gates/add", "", "", {"branch": "main", "rules": _RULES, **_RULE}),
]
# What a form brings beside its fields.
FILES = {
    ASSET + "/upload": {"files": ("more.txt", b"more")},
    ASSET + "/evaluations/new": {"results": ("results.json", b'{"accuracy": 0.5}')},
}


class Stage:
    """An owner and an admin, signed in, and one of each thing that a form is about."""

    def __init__(self, hub: RunningHub) -> None:
        inside, other, chief = hub.inside, hub.new_user(), hub.new_user()
        users.change_user(inside, chief.name, admin=True)
        shelf = make_shelf(hub)
        owner, of = shelf.user, (inside, shelf.user, shelf.model_id)
        self.owner, self.chief = shelf.owner, chief
        self.asset_id, self.folder_id = shelf.model_id, assets.get_asset(*of).folder.id
        sharing.share_folder(inside, owner, self.folder_id, Grantee("public"), Level.VIEW)
        tags.create_tag(*of, "v1", "main")
        for name in ("dev", "kept"):
            shelf.branch(name)
        shelf.commit(shelf.model_id, "dev", {"new.txt": b"new"}, "Ahead")
        rule = {"metric": "accuracy", "dataset": shelf.dataset, "min": 0.1}
        set_gate(*of, "kept", [rule], allow_new=True)
        branches.protect_branch(*of, "kept", Protection([owner.name], []))
        evaluation, mark = shelf.evaluate({"accuracy": 0.5}), uuid.uuid4().hex[:8]
        records.mark_invalid(inside, owner, evaluation, "Wrong data")
        groups.create_group(inside, f"group-{mark}")
        groups.add_member(inside, f"group-{mark}", other.name)
        accounts.set_password(inside, owner.name, f"some {mark} words")
        elsewhere = sessions.find_session(inside, Visitor(hub).sign_in(shelf.owner).session or "")
        assert elsewhere is not None
        self.names = {
            "owner": owner.name,
            "type": "model",
            "folder": "digits",
            "name": "svm",
            "user": other.name,
            "group": f"group-{mark}",
            "new": f"new-{mark}",
            "password": f"some {mark} words",
            "secret": shelf.owner.key,
            "key": keys.list_keys(inside, owner)[0].id,
            "session": elsewhere[1].id,
            "commit": shelf.model_commit,
            "id": evaluation,
        }

    def submit(self, visitor: Visitor, form: Form) -> Page:
        fields = {name: self.fill(value) for name, value in form.fields.items()}
        fields["form_token"] = visitor.get("/account").fields()["form_token"]
        path = self.fill(form.path)
        if form.path in FILES:
            return visitor.post_files(path, {**fields, **FILES[form.path]})
        return visitor.post(path, fields)

    def fill(self, text: str) -> str:
        return text.format_map(self.names)


def asker_of(stage: Stage, form: Form) -> User:
    return stage.chief if form.path.startswith("/admin") else stage.owner


def name_form(form: Form) -> str:
    return f"{form.path} {form.actions}".strip()


def test_every_form_of_the_console_is_known_here() -> None:
    forms = {
        route.path  # type: ignore[attr-defined]
        for route in create_app().routes
        if "POST" in (getattr(route, "methods", None) or ()) and "/apis/" not in route.path  # type: ignore[attr-defined]
    }
    assert forms == {form.path for form in FORMS + NOTHING_CHANGES}


@pytest.mark.parametrize("form", FORMS, ids=name_form)
def test_each_form_of_the_console_leaves_a_record(hub: RunningHub, form: Form) -> None:
    stage = Stage(hub)
    asker = asker_of(stage, form)
    visitor, seq = Visitor(hub).sign_in(asker), last_seq(hub)
    page = stage.submit(visitor, form)
    assert page.status in (200, 303), page.text
    found = [each.entry for each in since(hub, seq) if each.entry.user_name == asker.name]
    assert [entry.action for entry in found] == form.actions.split()
    for entry in found:
        assert (entry.result, entry.peer) == ("done", "127.0.0.1")
        assert entry.target == stage.fill(form.target)
        if "{folder}" in form.path or "{id}" in form.path:
            assert entry.folder_id == stage.folder_id
        if "{name}" in form.path or "{id}" in form.path:
            assert entry.asset_id == stage.asset_id


@pytest.mark.parametrize("form", NOTHING_CHANGES, ids=name_form)
def test_a_form_that_changes_nothing_leaves_no_record(hub: RunningHub, form: Form) -> None:
    stage = Stage(hub)
    asker = asker_of(stage, form)
    visitor, seq = Visitor(hub).sign_in(asker), last_seq(hub)
    page = stage.submit(visitor, form)
    assert page.status in (200, 303), page.text
    assert [each for each in since(hub, seq) if each.entry.user_name == asker.name] == []
