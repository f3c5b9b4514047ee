"""What all pages for admins have in common: nobody else sees one."""

from typing import Any

from starlette.responses import Response

from assethub.console.pages import render
from assethub.console.visits import Visit
from assethub.core.permissions import require_admin
from assethub.errors import HubError

AT_ONCE = 50


def render_admin(
    visit: Visit, template: str, /, *, problem: HubError | None = None, **values: Any
) -> Response:
    """A page of a template that extends `admin/frame.html`; PermissionDenied for all others."""
    require_admin(visit.user)
    return render(
        visit,
        f"admin/{template}.html",
        http_status=problem.status if problem else 200,
        problem=problem,
        done=visit.query.get("done", ""),
        **values,
    )


def read_number(text: str) -> int:
    """A number as the addresses of pages hold it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
