"""Names on a hub that begin with a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from click.shell_completion import CompletionItem

from .._lookup import find_asset, find_reference
from .._references import is_id, parse_asset, parse_reference
from .._tables import age_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._connection import Connection

_MOST_COMMITS, _MOST_PATHS = 20, 1000
_KINDS = ("branch", "tag", "commit")


class _Place(NamedTuple):
    """A folder, and one way to write it."""

    text: str
    type: str
    id: str


class Suggestions:
    """What a hub has, for the arguments of a command line."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def folders(self, text: str, type_: str | None = None) -> Iterator[CompletionItem]:
        """Folders; with a type one's own by their names alone."""
        for place in self._places(text, type_, short=type_ is not None):
            yield CompletionItem(place.text)

    def assets(self, text: str, type_: str | None = None) -> Iterator[CompletionItem]:
        """Folders up to their slash, or the assets of the folder that the text names."""
        places = self._places(text, type_, short=True)
        inside = [place for place in places if text.startswith(f"{place.text}/")]
        for place in inside:
            for entry in self._get("/assets", fid=place.id):
                name = f"{place.text}/{entry['asset']['name']}"
                if name.startswith(text):
                    yield CompletionItem(name, help=place.type)
        if not inside:
            for whole in dict.fromkeys(place.text for place in places):
                yield CompletionItem(f"{whole}/")

    def references(
        self, text: str, type_: str | None = None, kinds: Sequence[str] = _KINDS
    ) -> Iterator[CompletionItem]:
        """Assets, or after a `:` or an `@` the branches, tags or commits of one."""
        start = 36 if is_id(text[:36]) else text.find("/") + 1
        mark = re.compile("[:@]").search(text, start)
        if mark is None:
            yield from self.assets(text, type_)
            return
        asset, ending = text[: mark.start()], text[mark.start() :]
        found = find_asset(self._connection, parse_asset(asset, type_))
        for item in self._endings(f"/assets/{found.asset['id']}", ending, kinds):
            if item.value.startswith(ending):
                yield CompletionItem(f"{asset}{item.value}", help=item.help)

    def commits(self, reference: str, text: str) -> Iterator[CompletionItem]:
        """Commits of a reference's history, the newest ones, and the branches and tags."""
        found = find_reference(self._connection, parse_reference(reference))
        route = f"/assets/{found.asset['id']}"
        for item in self._history(f"{route}/refs/{found.commit}/commits"):
            if item.value.startswith(text):
                yield item
        for kind in ("branch", "tag"):
            for name in self._names(route, kind):
                if f"{kind}/{name}".startswith(text):
                    yield CompletionItem(f"{kind}/{name}")

    def paths(self, reference: str, text: str) -> list[CompletionItem]:
        """Paths of objects, up to their next slash."""
        found = find_reference(self._connection, parse_reference(reference))
        route = f"/assets/{found.asset['id']}/refs/{found.commit}/objects/ls"
        listed = self._get(route, prefix=text, amount=str(_MOST_PATHS))["results"]
        rests = [entry["path"].removeprefix(text).partition("/") for entry in listed]
        ends = dict.fromkeys(f"{text}{name}{slash}" for name, slash, _ in rests)
        return [CompletionItem(end) for end in ends]

    def _endings(self, route: str, ending: str, kinds: Sequence[str]) -> Iterator[CompletionItem]:
        if ending.startswith("@"):
            if "commit" in kinds:
                for item in self._history(f"{route}/refs/main/commits"):
                    yield CompletionItem(f"@{item.value}", help=item.help)
            return
        for kind in ("branch", "tag"):
            if kind not in kinds:
                continue
            # A bare name is a branch; written out where somebody begins to write it out.
            bare = kind == "branch" and not ending.startswith(":branch/")
            for name in self._names(route, kind):
                yield CompletionItem(f":{name}" if bare else f":{kind}/{name}", help=kind)

    def _names(self, route: str, kind: str) -> list[str]:
        part = "branches" if kind == "branch" else "tags"
        return [entry["id"] for entry in self._get(f"{route}/{part}")["results"]]

    def _history(self, route: str) -> Iterator[CompletionItem]:
        for entry in self._get(route, amount=str(_MOST_COMMITS))["results"]:
            line = entry["message"].strip().partition("\n")[0]
            yield CompletionItem(
                entry["id"][:12], help=f"{line} ({age_of(entry['creation_date'])})"
            )

    def _places(self, text: str, type_: str | None, short: bool) -> list[_Place]:
        """The ways to write folders that begin with the text or that it goes on from.

        One's own come first, and others' only where the text is none of one's own.
        """
        query = {"type": type_} if type_ else {}
        own = [
            _Place(spelled, folder["type"], folder["id"])
            for folder in self._folders("own", query)
            for spelled in _own_spellings(folder, text, short)
        ]
        fitting = [place for place in own if _fits(place.text, text)]
        if fitting:
            return fitting
        others = [
            _Place(f"{folder['owner']}/{folder['type']}/{folder['name']}", folder["type"], id_)
            for folder in self._folders("all", query)
            if (id_ := folder["id"])
        ]
        return [place for place in others if _fits(place.text, text)]

    def _folders(self, scope: str, query: dict[str, str]) -> list[Any]:
        return [entry["folder"] for entry in self._get("/folders", scope=scope, **query)]

    def _get(self, route: str, **query: str) -> Any:
        return self._connection.request("GET", route, query=query)


def _fits(place: str, text: str) -> bool:
    return place.startswith(text) or text.startswith(f"{place}/")


def _own_spellings(folder: Any, text: str, short: bool) -> list[str]:
    """How one writes an own folder: by its name where that is enough, and with its type."""
    typed = f"{folder['type']}/{folder['name']}"
    if not short:
        return [typed]
    return [folder["name"], *([typed] if text.startswith(f"{folder['type']}/") else [])]
