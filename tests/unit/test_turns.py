"""One request at a time writes a part, and none while the parts are joined."""

import time

import pytest

from assethub.core.repository.turns import Turns
from assethub.errors import Unavailable


def test_a_second_request_for_a_part_waits_its_turn() -> None:
    turns = Turns()
    with turns.write("u", 1) as turn:
        with pytest.raises(Unavailable, match="another request sends this part"):
            turns.write("u", 1).__enter__()
        with turns.write("u", 2), turns.write("v", 1), turn.step():
            pass
    with turns.write("u", 1) as turn, turn.step():
        pass


def test_a_request_that_rests_gives_way_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    with turns.write("u", 1) as stalled:
        later = time.monotonic() + 11
        monkeypatch.setattr(time, "monotonic", lambda: later)
        with turns.write("u", 1) as turn:
            with pytest.raises(Unavailable, match="another request"), stalled.step():
                pass
            with turn.step():
                pass
            with pytest.raises(Unavailable):
                turns.write("u", 1).__enter__()


def test_a_request_in_the_midst_of_a_step_keeps_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    with turns.write("u", 1) as turn, turn.step():
        later = time.monotonic() + 11
        monkeypatch.setattr(time, "monotonic", lambda: later)
        with pytest.raises(Unavailable):
            turns.write("u", 1).__enter__()


def test_joining_ends_all_turns_and_lets_none_begin() -> None:
    turns = Turns()
    with turns.write("u", 1) as turn, turns.write("v", 1) as other:
        with turns.join("u"):
            with pytest.raises(Unavailable), turn.step():
                pass
            with pytest.raises(Unavailable, match="finished"):
                turns.write("u", 2).__enter__()
            with pytest.raises(Unavailable, match="finishes"):
                turns.join("u").__enter__()
            with other.step():
                pass
        with turns.write("u", 2), turns.join("v"):
            pass
