"""The audit log: who did what to which thing, and what was refused."""

from datetime import UTC, datetime

from starlette.responses import Response

from assethub.console.admin.frame import AT_ONCE, read_number, render_admin
from assethub.console.visits import Visit
from assethub.core import audit_log
from assethub.core.audit_log import Filter

RESULTS = ("done", "denied", "failed")
# What actions are about; each may be followed by a verb.
NOUNS = (
    "asset",
    "branch",
    "commit",
    "evaluation",
    "folder",
    "gate",
    "group",
    "key",
    "link",
    "password",
    "session",
    "tag",
    "user",
)
_DAY = 24 * 3600 * 1_000_000


def show_log(visit: Visit) -> Response:
    """A page of the log, the newest first, of those records that the filters leave."""
    asked = {
        name: visit.query.get(name, "").strip()
        for name in ("user", "action", "about", "result", "since", "until")
    }
    before = read_number(visit.query.get("before", ""))
    page = audit_log.page_latest(
        visit.hub, visit.user, _read_filter(asked), before=before, amount=AT_ONCE
    )
    return render_admin(
        visit,
        "audit",
        page=page,
        asked=asked,
        filtered=any(asked.values()),
        before=before,
        results=RESULTS,
        nouns=NOUNS,
    )


def _read_filter(asked: dict[str, str]) -> Filter:
    about = asked["about"]
    # OWNER/TYPE/FOLDER is a folder, with /NAME behind it an asset; users and groups have a name.
    depth = about.count("/")
    since, until = _read_day(asked["since"]), _read_day(asked["until"])
    return Filter(
        since=since,
        until=None if until is None else until + _DAY,
        user=asked["user"] or None,
        asset=about if depth > 2 else None,
        folder=about if 0 < depth <= 2 else None,
        target=about if about and not depth else None,
        action=asked["action"] or None,
        result=asked["result"] if asked["result"] in RESULTS else None,
    )


def _read_day(text: str) -> int | None:
    """The beginning of a day, as browsers send one, in microseconds; None for anything else."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1_000_000
