"""Who a request comes from and whom it is for, whatever its headers say; and how often one may."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assethub.http import rates
from assethub.http.hosts import Hosts
from assethub.http.proxies import Proxies
from assethub.http.rates import Buckets

NETWORKS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
PROXY = "10.0.0.1"
VALUES = st.binary(max_size=60) | st.sampled_from(
    [b"203.0.113.9", b"10.0.0.2", b"[2001:db8::1]:443", b"https", b"http", b"a.example:1", b"*"]
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"host", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-other"]
        ),
        VALUES,
    ),
    max_size=8,
)


def scope_of(client: str, headers: list[tuple[bytes, bytes]]) -> dict[str, object]:
    return {"client": (client, 1), "scheme": "http", "headers": headers}


@given(HEADERS)
def test_a_proxys_word_makes_an_address_a_scheme_and_one_host_or_changes_nothing(
    headers: list[tuple[bytes, bytes]],
) -> None:
    scope = scope_of(PROXY, headers)
    assert Proxies(NETWORKS).resolve(scope)
    ip_address(scope["client"][0])
    assert scope["scheme"] in ("http", "https")
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    assert len(hosts) == 1 or scope["headers"] == headers


@given(HEADERS, st.sampled_from(["203.0.113.1", "11.0.0.1", "::1", "nonsense"]))
def test_nobody_elses_word_counts(headers: list[tuple[bytes, bytes]], client: str) -> None:
    scope = scope_of(client, headers)
    assert not Proxies(NETWORKS).resolve(scope)
    assert scope == scope_of(client, headers)


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ([b"203.0.113.9"], "203.0.113.9"),
        ([b"6.6.6.6, 203.0.113.9"], "203.0.113.9"),
        ([b"6.6.6.6", b"203.0.113.9", b"10.9.9.9"], "203.0.113.9"),
        ([b"6.6.6.6, 203.0.113.9:4711, fd00::1, [fd00::2]:80"], "203.0.113.9"),
        ([b"6.6.6.6, unknown, 10.9.9.9"], "10.9.9.9"),
        ([b"10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        ([b""], PROXY),
        ([], PROXY),
    ],
)
def test_the_rightmost_address_that_is_no_proxys_counts(
    forwarded: list[bytes], client: str
) -> None:
    scope = scope_of(PROXY, [(b"x-forwarded-for", value) for value in forwarded])
    Proxies(NETWORKS).resolve(scope)
    assert scope["client"][0] == client


@given(st.binary(max_size=80))
@example(b"[::1")
@example(b"user@localhost")
@example(b"localhost:99999999")
@example(b"localhost/evil")
def test_what_is_no_name_is_no_name_of_the_hub(host: bytes) -> None:
    allowed = Hosts("127.0.0.1", ["hub.example"]).allows(host)
    name = host.decode("latin-1").lower().rpartition(":")[0] or host.decode("latin-1").lower()
    known = ("localhost", "hub.example", "127.", "[::1")
    assert not allowed or any(each in name for each in known)


def test_a_bucket_fills_at_its_rate_up_to_ten_seconds_worth() -> None:
    moment = 100.0
    buckets = Buckets(2, lambda: moment)
    assert [buckets.take(1) for _ in range(20)] == [0] * 20
    assert buckets.take(1) == pytest.approx(0.5)
    assert buckets.take(2) == 0
    moment += 0.5
    assert (buckets.take(1), buckets.take(1) > 0) == (0, True)
    moment += 1000
    assert [buckets.take(1) > 0 for _ in range(21)] == [False] * 20 + [True]


def test_a_rate_below_one_a_second_lets_one_pass_and_then_waits() -> None:
    moment = 0.0
    buckets = Buckets(0.01, lambda: moment)
    assert buckets.take(1) == 0
    assert buckets.take(1) == pytest.approx(100)
    moment += 100
    assert buckets.take(1) == 0


def test_buckets_of_callers_who_do_not_come_back_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "_MOST_BUCKETS", 100)
    moment = 0.0
    buckets = Buckets(1, lambda: moment)
    for caller in range(1000):
        moment += 0.2
        assert buckets.take(caller) == 0
        assert len(buckets) <= 100
    while not buckets.take(999):
        pass
    for caller in range(1000, 1040):
        buckets.take(caller)
    assert buckets.take(999) > 0
