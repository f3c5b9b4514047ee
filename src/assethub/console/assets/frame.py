"""What all pages of one asset have around them: its name, its labels, and where else to go."""

from typing import Any

from starlette.responses import Response

from assethub.console.pages import render
from assethub.console.visits import Visit
from assethub.core.assets import Asset
from assethub.core.permissions import Level, level_of


def render_asset(
    visit: Visit, template: str, asset: Asset, /, *, http_status: int = 200, **values: Any
) -> Response:
    """A page of an asset, from a template that extends `assets/frame.html`.

    The template gets `asset` and what its visitor may do: `level`, one of view, run, edit, owner.
    """
    level: Level = level_of(visit.user, asset.folder, asset.id)
    named = {"asset": asset, "level": level.name.lower()}
    return render(visit, template, http_status=http_status, **named, **values)
