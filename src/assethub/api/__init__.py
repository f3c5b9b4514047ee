"""The HTTP routes under `/apis/v1`, a file per noun: parse, call core, render."""

from fastapi import APIRouter
from starlette.routing import Route

from assethub.api import (
    account,
    assets,
    audit,
    branches,
    commits,
    compare,
    evaluations,
    folders,
    gates,
    groups,
    health,
    history,
    keys,
    leaderboards,
    multipart,
    objects,
    operations,
    people,
    protection,
    references,
    samples,
    sharing,
    staging,
    tags,
)

router = APIRouter(prefix="/apis/v1")
for _noun in (
    folders,
    assets,
    references,
    branches,
    commits,
    tags,
    objects,
    operations,
    staging,
    multipart,
    history,
    samples,
    evaluations,
    leaderboards,
    sharing,
    protection,
    gates,
    compare,
    keys,
    groups,
    people,
    account,
    audit,
):
    router.include_router(_noun.router)

# Before all others: FastAPI's search for a route and its own layers take as long as the rest of it.
quick_routes = [
    Route(f"{router.prefix}/evaluations", evaluations.create_evaluation, methods=["POST"])
]

root_router = APIRouter()
root_router.include_router(health.router)
root_router.include_router(references.userinfo_router)
