"""The route of the audit log, for admins."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json, render_page, render_time
from assethub.core import audit_log
from assethub.core.audit_log import Filter, Listed

router = APIRouter(prefix="/admin/audit", tags=["audit"])
_SECOND = 1_000_000
_Seq = Annotated[int, Query(ge=0, lt=2**63)]


@router.get("")
def list_audit(
    hub: CurrentHub,
    caller: Caller,
    after: _Seq = 0,
    amount: int | None = None,
    since: AwareDatetime | None = None,
    user: str | None = None,
    asset: str | None = None,
    folder: str | None = None,
    action: str | None = None,
    result: Literal["done", "denied", "failed"] | None = None,
) -> Json:
    """A page of the audit log, oldest first, from behind the record whose `seq` is `after`."""
    begin = None if since is None else int(since.timestamp() * _SECOND)
    wanted = Filter(begin, user, asset, folder, action, result)
    page = audit_log.page_log(hub, caller, wanted, after=after, amount=amount)
    return render_page(page, render_record, lambda listed: str(listed.seq))


def render_record(listed: Listed) -> Json:
    entry = listed.entry
    return {
        "seq": listed.seq,
        "timestamp": render_time(entry.time),
        "userID": entry.user_id,
        "user": entry.user_name,
        "keyPrefix": entry.key_prefix,
        "address": entry.peer,
        "action": entry.action,
        "target": entry.target,
        "assetID": entry.asset_id,
        "folderID": entry.folder_id,
        "result": entry.result,
        "detail": entry.detail,
    }
