"""The errors of the SDK: one tree, codes that programs can rely on, parents that Python has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from t9k import ah
from t9k.ah import _errors

from .conftest import serve_answer

KEY = "12345678-0000-4000-8000-000000000000"


def _tree() -> list[type[ah.AssetHubError]]:
    found = [ah.AssetHubError]
    for each in found:
        found += each.__subclasses__()
    return found


def test_the_tree_at_the_top_of_the_file_is_the_one_there_is() -> None:
    drawn = re.findall(r"(\w+Error)(?: \(([\w.]+)\))?", str(_errors.__doc__))
    classes = {each.__name__: each for each in _tree() if each.__module__ == _errors.__name__}
    assert sorted(name for name, _ in drawn) == sorted(classes)
    for name, parent in drawn:
        if parent:
            named = [each.__name__ for each in classes[name].__mro__]
            assert parent.rpartition(".")[2] in named, name


def test_each_error_has_a_code_of_its_own() -> None:
    codes = [each.code for each in _tree()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[a-z_]+", code) for code in codes)


def test_each_refusal_has_its_class_its_code_and_its_status(
    hub: Any, model: ah.Model, dataset: ah.Dataset
) -> None:
    stranger = ah.Client(hub.url, hub.new_user().key)
    missing = "00000000-0000-4000-8000-000000000000"
    model.create_tag("t")
    folder, cases = model.folder, []

    def case(call: Any, class_: type[Exception], parent: type[Exception], code: str) -> None:
        with pytest.raises(class_) as caught:
            call()
        error: Any = caught.value
        cases.append(error.code)
        assert isinstance(error, parent)
        assert isinstance(error, ah.AssetHubError)
        assert error.code == code
        assert error.status is None or 400 <= error.status < 500

    exists = (ah.AlreadyExistsError, FileExistsError)
    case(lambda: ah.create_folder("model", "vision"), *exists, "folder_exists")
    case(lambda: folder.create_asset("cnn"), *exists, "asset_exists")
    case(lambda: model.create_branch("main"), *exists, "branch_exists")
    case(lambda: model.create_tag("t"), *exists, "tag_exists")
    absent = (ah.NotFoundError, FileNotFoundError)
    case(lambda: ah.get_folder(None, "model", "none"), *absent, "folder_not_found")
    case(lambda: ah.get_folder(id_=missing), *absent, "folder_not_found")
    case(lambda: folder.get_asset("none"), *absent, "asset_not_found")
    case(lambda: ah.get_asset(missing), *absent, "asset_not_found")
    case(lambda: model.get_branch("none"), *absent, "branch_not_found")
    case(lambda: model.get_tag("none"), *absent, "tag_not_found")
    case(lambda: model.get_commit(id_="0000"), *absent, "commit_not_found")
    case(lambda: model.get_commit(99), *absent, "commit_not_found")
    case(lambda: dataset.read_bytes("none"), *absent, "object_not_found")
    case(lambda: dataset.download("none"), *absent, "object_not_found")
    case(lambda: ah.get_evaluation(missing), *absent, "evaluation_not_found")
    case(lambda: stranger.get(model.path), *absent, "asset_not_found")
    wrong = (ah.InvalidInputError, ValueError)
    case(lambda: ah.create_folder("thing", "x"), *wrong, "invalid_input")
    case(lambda: ah.get_folder(None, "model", "a/b"), *wrong, "invalid_name")
    case(lambda: ah.get_asset("7"), *wrong, "invalid_id")
    case(lambda: model.get_commit(id_="xyz"), *wrong, "invalid_commit")
    case(lambda: dataset.get_commit(0).create_evaluation({"a": 1}, dataset), *wrong, "not_a_model")
    case(lambda: model.create_evaluation({}, dataset), *wrong, "no_metrics")
    case(lambda: ah.get("x"), ah.ReferenceSyntaxError, ValueError, "invalid_reference")
    case(lambda: model.update(labels="a"), ah.WrongTypeError, TypeError, "wrong_type")
    case(lambda: model.get_branch("main").delete(), ah.ConflictError, Exception, "default_branch")
    assert len(cases) == 25


def test_one_who_may_only_look_is_not_permitted_to_change(hub: Any, model: ah.Model) -> None:
    other = hub.new_user()
    model.folder.share(other.name, level="view")
    with ah.Client(hub.url, other.key) as client:
        seen: Any = client.get(model.path)
        for call in (
            lambda: seen.update(name="mine"),
            lambda: seen.create_branch("v1"),
            lambda: seen.get_branch("main").edit("x").__enter__(),
            lambda: seen.delete(),
        ):
            with pytest.raises(PermissionError) as caught:
                call()
            assert isinstance(caught.value, ah.PermissionDeniedError)
            assert (caught.value.code, caught.value.status) == ("permission_denied", 403)


def test_what_is_busy_or_no_hub_is_told_as_such(home: Path) -> None:
    page = b"<html>502 Bad Gateway</html>"
    with serve_answer(500, {}, page) as url, pytest.raises(ah.ServerError) as caught:
        ah.Client(url, KEY).list_folder()
    assert (caught.value.code, caught.value.status) == ("not_a_hub", 500)
    assert "a page of HTML" in str(caught.value)
    with serve_answer(200, {}, page) as url, pytest.raises(ah.ServerError):
        ah.Client(url, KEY).list_folder()
    busy = b'{"title": "x", "detail": "Wait a little", "code": "too_many_requests"}'
    waiting = {"Retry-After": "60"}
    with serve_answer(429, waiting, busy) as url, pytest.raises(ah.ServerError) as caught:
        ah.Client(url, KEY).list_folder()
    assert (caught.value.code, caught.value.status) == ("too_many_requests", 429)
    assert str(caught.value) == "Wait a little"
    moved = {"Location": "https://elsewhere.example.org/"}
    with serve_answer(302, moved, b"") as url, pytest.raises(ah.ServerError) as caught:
        ah.Client(url, KEY).list_folder()
    assert caught.value.code == "redirected"
    assert "elsewhere.example.org" in str(caught.value)


def test_a_connection_that_cannot_be_made_is_pythons_connection_error(home: Path) -> None:
    with pytest.raises(ConnectionError) as caught:
        ah.Client("http://127.0.0.1:1", KEY).list_folder()
    assert isinstance(caught.value, ah.ConnectionFailedError)
    assert (caught.value.code, caught.value.status) == ("connection_failed", None)
