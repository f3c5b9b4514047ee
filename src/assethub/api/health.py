"""Routes for those who watch over the process."""

from fastapi import APIRouter
from sqlalchemy import text

from assethub.api.callers import CurrentHub

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is up."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(hub: CurrentHub) -> dict[str, str]:
    """The database and the store answer; 503 with the reason otherwise."""
    with hub.database.read() as connection:
        connection.execute(text("SELECT 1"))
    hub.blobs.check_writable()
    return {"status": "ready"}
