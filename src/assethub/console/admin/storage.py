"""How much each folder holds."""

from typing import NamedTuple

from starlette.responses import Response

from assethub.console.admin.frame import render_admin
from assethub.console.pages import redirect
from assethub.console.visits import Visit
from assethub.core.maintenance import storage
from assethub.core.maintenance.storage import Use
from assethub.core.permissions import require_admin
from assethub.core.values import now

_MOST = 500


class _Measured(NamedTuple):
    use: Use
    moment: int


def show_storage(visit: Visit) -> Response:
    """What was measured last; a large hub is measured only when somebody asks for it."""
    require_admin(visit.user)
    state = visit.request.app.state
    measured: _Measured | None = getattr(state, "storage", None)
    if storage.is_quick(visit.hub):
        measured = _Measured(storage.measure_use(visit.hub, visit.user), now())
    return render_admin(visit, "storage", measured=measured, most=_MOST)


def measure_storage(visit: Visit) -> Response:
    """Measures the hub, and keeps the result for as long as the server runs."""
    visit.check_form()
    measured = _Measured(storage.measure_use(visit.hub, visit.user), now())
    visit.request.app.state.storage = measured
    return redirect("/admin/storage?done=measured")
