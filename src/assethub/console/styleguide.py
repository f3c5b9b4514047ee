"""`/_styleguide`: every part that pages are made of, for those who work on them."""

from starlette.responses import Response

from assethub.console.pages import get, render
from assethub.console.visits import Visit


def show_styleguide(visit: Visit) -> Response:
    return render(visit, "styleguide.html")


ROUTES = [get("/_styleguide", show_styleguide)]
