"""A load of prebuilt requests over keep-alive sockets, bounded in time or in count."""

import json
import re
import select
import socket
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

# A job yields requests, one after another, and is sent the body of each answer.
Job = Generator[bytes, bytes, None]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def make_request(method: str, path: str, body: object = None, key: str = "") -> bytes:
    """A request as bytes, with a JSON body and an API key where there is one."""
    content = b"" if body is None else json.dumps(body).encode()
    head = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(content)}"]
    head += ["content-type: application/json"] if content else []
    head += [f"authorization: Bearer {key}"] if key else []
    return "\r\n".join([*head, "", ""]).encode() + content


def one_request(request: bytes) -> Callable[[], Job]:
    """Makes jobs that are a single request, always the same."""

    def job() -> Job:
        yield request

    return job


class Connection:
    """A keep-alive connection to loopback, with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, request: bytes) -> None:
        self.socket.sendall(request)

    def take(self) -> bytes | None:
        """The body of the answer if it is whole after one more read; exits on a refusal."""
        more = self.socket.recv(1 << 18)
        if not more:
            raise SystemExit("the server closed a connection before it had answered")
        self._received += more
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        found = _LENGTH.search(self._received, 0, end + 2)
        if found is None:
            raise SystemExit(f"unexpected answer: {self._received[:500]!r}")
        body_starts = end + 4
        if len(self._received) < body_starts + int(found[1]):
            return None
        if self._received[9:10] != b"2":
            raise SystemExit(f"unexpected answer: {self._received.decode()}")
        body, self._received = self._received[body_starts:], b""
        return body

    def exchange(self, request: bytes) -> bytes:
        """Sends a request and waits for the body of its answer."""
        self.send(request)
        while (body := self.take()) is None:
            pass
        return body


@contextmanager
def connected(port: int) -> Iterator[Connection]:
    connection = Connection(port)
    try:
        yield connection
    finally:
        connection.socket.close()


def run_job(connection: Connection, job: Job) -> None:
    """Does one job from its first request to its last."""
    request = next(job)
    try:
        while True:
            request = job.send(connection.exchange(request))
    except StopIteration:
        return


def measure_rate(
    port: int, make_job: Callable[[], Job], connections: int, seconds: float, steps: int = 1
) -> float:
    """Jobs a second, done by `connections` clients at once; each job has `steps` requests.

    Counts answers, so that jobs half done at the end count by half. Returns when the answers
    still under way then have come, so that they burden nobody's next turn.
    """
    poll = select.epoll()
    opened: dict[int, tuple[Connection, Job]] = {}
    for _ in range(connections):
        connection = Connection(port)
        opened[connection.socket.fileno()] = connection, make_job()
        poll.register(connection.socket, select.EPOLLIN)
    answers = 0
    began = time.perf_counter()
    elapsed = 0.0
    for connection, job in opened.values():
        connection.send(next(job))
    while opened:
        for descriptor, _ in poll.poll(60):
            connection, job = opened[descriptor]
            body = connection.take()
            if body is None:
                continue
            now = time.perf_counter() - began
            if now < seconds:
                answers += 1
                elapsed = now
                try:
                    request = job.send(body)
                except StopIteration:
                    job = make_job()
                    opened[descriptor] = connection, job
                    request = next(job)
                connection.send(request)
            else:
                poll.unregister(descriptor)
                connection.socket.close()
                del opened[descriptor]
    poll.close()
    if not answers:
        raise SystemExit(f"no answer within {seconds} s")
    return answers / steps / elapsed


def time_requests(port: int, request: bytes, count: int, pause: float = 0.0) -> list[float]:
    """Milliseconds of each of `count` requests, one after another on one connection."""
    taken = []
    with connected(port) as connection:
        connection.exchange(request)
        for _ in range(count):
            time.sleep(pause)
            began = time.perf_counter()
            connection.exchange(request)
            taken.append((time.perf_counter() - began) * 1e3)
    return taken
