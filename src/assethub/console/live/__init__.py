"""Lists that follow what others change, told by server-sent events.

A template says which part of its page follows what:

    <section id="branches" data-live="{{ asset.path }}"> … </section>

The part has an id, and its value is the path of an asset or a folder, or nothing for all that the
visitor may see. When something changes there, `js/live.js` gets the page again and puts the part's
new content in place of the old; where somebody is at work in it, a button offers that instead. With
`data-live-offers` it always does, and loads the page anew: for parts that scripts have taken hold
of.
"""

from starlette.routing import BaseRoute, Route

from assethub.console.live.stream import follow
from assethub.console.live.watch import Watch

ROUTES: list[BaseRoute] = [Route("/live", follow, methods=["GET"])]

__all__ = ["ROUTES", "Watch"]
