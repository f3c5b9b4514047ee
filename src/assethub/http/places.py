"""How many requests the hub works on at once: beyond that it tells others to come again.

Else they would wait in a queue without an end, each longer than the one before, until all of them
are given up by those who sent them, and are worked on nevertheless.
"""

from assethub.errors import Unavailable


class Places:
    """So many requests may be worked on or wait for it at once; 0 is any number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    @property
    def full(self) -> bool:
        return 0 < self._most <= self.taken


class Place:
    """What one request takes up until its answer begins, but for when the hub waits for its body.

    So those who send or read slowly take up nothing.
    """

    __slots__ = ("_held", "_left", "_places")

    def __init__(self, places: Places) -> None:
        self._places = places
        self._held = self._left = False

    def take(self) -> None:
        """Raises Unavailable where there is none."""
        if self._places.full:
            raise Unavailable(
                "the hub is at too many requests already; try again in a second", code="overloaded"
            )
        self.resume()

    def rest(self) -> None:
        """Gives the place up until `resume`."""
        if self._held:
            self._held = False
            self._places.taken -= 1

    def resume(self) -> None:
        """Takes a place up again, full or not: who was let in is not turned away later."""
        if not self._held and not self._left:
            self._held = True
            self._places.taken += 1

    def leave(self) -> None:
        """Gives the place up for good."""
        self.rest()
        self._left = True
