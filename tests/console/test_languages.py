"""The console in English and Chinese."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from assethub.console.languages import LANGUAGES, LOCALES, read_catalog
from console.shelves import Shelf
from console.visitors import Visitor
from hubs import RunningHub

CONSOLE = LOCALES.parent


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr, zh;q=0.5, en;q=0.7", "en"),
        ("fr, en;q=0.5, zh;q=0.7", "zh-CN"),
        ("zh;q=0", "en"),
        ("de", "en"),
        ("*", "en"),
        ("zh;q=high, ;;q=,", "en"),
        ("", "en"),
    ],
)
def test_the_browser_decides_the_language(hub: RunningHub, accepted: str, language: str) -> None:
    page = Visitor(hub, accepted).get("/signin")
    assert page.language == language
    assert ("登录" in page.text) == (language == "zh-CN")


def test_a_chosen_language_stays(shelf: Shelf, owner: Visitor) -> None:
    page = owner.get(shelf.model_url + "?a=b")
    assert page.language == "en"
    page = owner.post("/language", page.fields() | {"language": "zh-CN"})
    assert (page.status, page.location) == (303, shelf.model_url + "?a=b")
    page = owner.get(page.location)
    assert page.language == "zh-CN"
    assert "评估结果" in page.text
    owner.post("/signout", page.fields())
    page = owner.get("/signin")
    assert page.language == "zh-CN"
    owner.post("/language", page.fields() | {"language": "en"})
    assert owner.get("/signin").language == "en"


@pytest.mark.parametrize("code", ["", "fr", "zh", "../../etc"])
def test_a_language_that_the_console_does_not_have_is_refused(visitor: Visitor, code: str) -> None:
    assert visitor.post("/language", {"language": code}).status == 400
    assert not visitor.cookies


def test_errors_are_in_the_visitors_language(hub: RunningHub) -> None:
    page = Visitor(hub, "zh").get("/nope")
    assert (page.status, page.language) == (404, "zh-CN")
    assert "此地址没有内容" in page.text


def test_numbers_and_times_are_written_as_the_language_does(shelf: Shelf, owner: Visitor) -> None:
    shelf.evaluate({"accuracy": 0.5})
    moments = owner.get(shelf.model_url).all("time")
    assert all(moment["title"].endswith(" UTC") for moment in moments)
    assert all(moment["datetime"].endswith("+00:00") for moment in moments)
    owner.post("/language", {"language": "zh-CN"})
    moments = owner.get(shelf.model_url).all("time")
    assert all("年" in moment["title"] for moment in moments)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1234, "1.2 kB"),
        (99_949, "99.9 kB"),
        (99_960, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (10**12, "1 TB"),
        (10**21, "1000 EB"),
    ],
)
def test_sizes_have_one_to_three_digits_before_the_point(size: int, text: str) -> None:
    assert LANGUAGES["en"].size(size) == text


def test_every_text_of_the_console_has_a_translation() -> None:
    texts = _extract(CONSOLE)
    assert len(texts) > 50
    for code in set(LANGUAGES) - {"en"}:
        catalog = read_catalog(code)
        translated = {message.id for message in catalog if message.id and message.string}
        assert texts - translated == set(), f"no {code} for these"
        assert translated - texts == set(), f"{code} of texts that are gone"


def test_translations_are_sound() -> None:
    """None is marked as unsure, and each has the placeholders of its text."""
    for code in set(LANGUAGES) - {"en"}:
        catalog = read_catalog(code)
        assert [message.id for message in catalog if message.id and message.fuzzy] == []
        assert [str(error) for _, errors in catalog.check() for error in errors] == []


def _extract(place: Path) -> set[object]:
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    options = {"templates/**.html": {"silent": "false", "trimmed": "true"}}
    found = extract_from_dir(place, method_map=methods, options_map=options)
    return {message for _, _, message, _, _ in found}
