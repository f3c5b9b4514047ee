"""How the hub is: its versions, whether its parts answer, and whether its log is whole."""

from starlette.responses import Response

from assethub.console.admin.frame import render_admin
from assethub.console.visits import Visit
from assethub.core import audit_log
from assethub.core.audit_log import Verdict
from assethub.core.maintenance.diagnosis import diagnose
from assethub.core.permissions import require_admin
from assethub.store.schema import HEAD
from t9k.ah._version import __version__


def show_health(visit: Visit, verdict: Verdict | None = None) -> Response:
    """What `assethub doctor` finds of the configuration that this hub runs with."""
    require_admin(visit.user)
    with visit.hub.database.read() as connection:
        database = connection.dialect.name
    return render_admin(
        visit,
        "health",
        findings=diagnose(visit.request.app.state.settings),
        verdict=verdict,
        version=__version__,
        database=database,
        head=HEAD,
    )


def verify_log(visit: Visit) -> Response:
    """Reads all of the audit log and tells whether it is as it was written."""
    visit.check_form()
    require_admin(visit.user)
    return show_health(visit, audit_log.verify_log(visit.hub))
