"""How many refusals are recorded, by a clock that the test turns."""

from assethub.core.refusals import Refusals


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_the_same_refusal_passes_once_a_minute_and_then_tells_how_often_it_came() -> None:
    clock = Clock()
    refusals = Refusals(clock)
    passed = [refusals.take("ann", "same") for _ in range(10)]
    assert passed == [{}] + [None] * 9
    clock.seconds += 61
    assert refusals.take("ann", "same") == {"repeats": 9}


def test_an_asker_gets_thirty_at_once_and_then_one_in_ten_seconds() -> None:
    clock = Clock()
    refusals = Refusals(clock)
    assert sum(refusals.take("ann", n) is not None for n in range(100)) == 30
    assert refusals.take("bob", "other") == {"left_out": 70}
    clock.seconds += 100
    assert sum(refusals.take("ann", n) is not None for n in range(200, 300)) == 10


def test_whoever_asks_however_often_a_day_has_no_more_than_a_record_a_second() -> None:
    clock = Clock()
    refusals = Refusals(clock)
    passed = 0
    for second in range(3600):
        clock.seconds += 1
        passed += sum(refusals.take(f"{second} {n}", n) is not None for n in range(5))
    assert passed <= 300 + 3600
