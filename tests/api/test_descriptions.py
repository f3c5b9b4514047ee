"""Descriptions: a text that is kept with a folder or an asset."""

import pytest

from api.raw import JSON, Raw


@pytest.fixture(params=["folders", "assets"])
def place(request: pytest.FixtureRequest, user: Raw) -> tuple[str, dict[str, object]]:
    """The path of a noun's routes, and a body that makes one there."""
    if request.param == "folders":
        return "/folders", {"type": "model", "name": "nlp"}
    return "/assets", {"folder": user.folder("model", "nlp"), "name": "bert"}


def described(user: Raw, path: str) -> str:
    found = user.ok("GET", path)
    return str((found["folder"] if "permission" in found else found)["description"])


def test_a_description_is_empty_until_given_and_kept_until_changed(
    user: Raw, place: tuple[str, dict[str, object]]
) -> None:
    path, new = place
    one = f"{path}/{user.ok('POST', path, new)['id']}"
    assert described(user, one) == ""
    text = "第一行\nsecond line\t🙂"
    user.ok("PUT", one, {"name": "x", "labels": [], "description": text})
    assert described(user, one) == text
    user.ok("PUT", one, {"name": "y", "labels": ["a"]})
    assert described(user, one) == text
    user.ok("PUT", one, {"name": "y", "labels": ["a"], "description": ""})
    assert described(user, one) == ""


def test_labels_that_are_not_named_stay(user: Raw, place: tuple[str, dict[str, object]]) -> None:
    path, new = place
    one = f"{path}/{user.ok('POST', path, new | {'labels': ['a', 'b']})['id']}"
    for labels, expected in ((None, ["a", "b"]), (["c"], ["c"]), ([], [])):
        change = {"name": "x"} if labels is None else {"name": "x", "labels": labels}
        user.ok("PUT", one, change)
        found = user.ok("GET", one)
        assert (found["folder"] if "permission" in found else found)["labels"] == expected


def test_a_description_comes_with_a_new_one_and_in_listings(
    user: Raw, place: tuple[str, dict[str, object]]
) -> None:
    path, new = place
    one = f"{path}/{user.ok('POST', path, new | {'description': 'what it is for'})['id']}"
    assert described(user, one) == "what it is for"
    query = {"fid": str(new["folder"])} if "folder" in new else {}
    [listed] = user.ok("GET", path, **query)
    assert listed[path[1:-1]]["description"] == "what it is for"


@pytest.mark.parametrize(
    ("text", "status"), [("字" * 4096, 200), ("x" * 4097, 400), ("a\x00b", 400), (1, 400)]
)
def test_a_description_is_a_text_of_up_to_4096_characters(
    user: Raw, place: tuple[str, dict[str, object]], text: object, status: int
) -> None:
    path, new = place
    answer = user.call("POST", path, new | {"description": text}, JSON)
    assert answer.status == status
    if status == 200:
        one = f"{path}/{answer.json()['id']}"
        change = {"name": "z", "labels": [], "description": "x" * 4097}
        refused = user.call("PUT", one, change, JSON)
        assert (refused.status, refused.json()["code"]) == (400, "invalid_text")
        assert user.call("PUT", one, {"name": "z", "labels": []}).status == 200
        assert described(user, one) == text
