"""What is done to one evaluation: marked as invalid and taken back, deleted."""

from collections.abc import Callable

from starlette.responses import Response

from assethub.console.addresses import evaluation_url
from assethub.console.evaluations.detail import show_evaluation
from assethub.console.pages import redirect
from assethub.console.visits import Visit
from assethub.core.evaluations import records
from assethub.errors import HubError


def mark_invalid(visit: Visit) -> Response:
    """Says that the evaluation does not count, and why."""
    reason = visit.form.get("reason", "")
    return _change(
        visit, "invalid", lambda id_: records.mark_invalid(visit.hub, visit.user, id_, reason)
    )


def mark_valid(visit: Visit) -> Response:
    """Takes that back."""
    return _change(visit, "valid", lambda id_: records.mark_valid(visit.hub, visit.user, id_))


def delete(visit: Visit) -> Response:
    """Deletes the evaluation; its page then says who did so, when and why."""
    reason = visit.form.get("reason", "")
    return _change(
        visit, "", lambda id_: records.delete_evaluation(visit.hub, visit.user, id_, reason)
    )


def _change(visit: Visit, done: str, change: Callable[[str], object]) -> Response:
    visit.check_form()
    id_ = visit.request.path_params["id"]
    try:
        change(id_)
    except HubError as error:
        return show_evaluation(visit, error)
    return redirect(evaluation_url(id_) + (f"?done={done}" if done else ""))
