"""The search over folders, models and datasets."""

from starlette.responses import Response

from assethub.console import listings
from assethub.console.pages import render
from assethub.console.visits import Visit
from assethub.core import catalogue
from assethub.core.catalogue import KINDS, Hit, Kind
from assethub.core.pages import Page
from assethub.errors import InvalidInput


def show_search(visit: Visit) -> Response:
    """What the visitor may see that has all the words of `q`, a page of it."""
    text = visit.query.get("q", "").strip()
    asked = visit.query.get("kind", "")
    kind: Kind = next((each for each in KINDS if each == asked), "")
    start = visit.query.get("after", "")
    after = int(start) if start.isascii() and start.isdecimal() and len(start) < 6 else 0
    problem = False
    try:
        found = catalogue.search_catalogue(
            visit.hub, visit.user, text, kind, after=after, amount=listings.HITS
        )
    except InvalidInput:
        found, problem = Page[Hit]([], False), True
    return render(
        visit,
        "folders/search.html",
        http_status=400 if problem else 200,
        text=text,
        kind=kind,
        kinds=KINDS,
        found=found,
        after=after,
        next=after + listings.HITS,
        previous=max(0, after - listings.HITS),
        problem=problem,
    )
