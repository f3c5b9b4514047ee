"""A load generator in plain sockets, bounded in count and time, for servers on loopback."""

import os
import select
import socket
import statistics
import threading
import time
from collections.abc import Callable

MIB = 1024 * 1024
FILE_BYTES = 512 * MIB
PROBES = 150


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def make_request(path: str, method: str = "GET", body_bytes: int = 0) -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {body_bytes}\r\n\r\n".encode()
    )


def exchange(connection: socket.socket, path: str) -> int:
    """Sends a GET and reads its answer; the answer's bytes, head and all."""
    connection.sendall(make_request(path))
    return read_answer(connection)


def read_answer(connection: socket.socket) -> int:
    buffer = bytearray(MIB)
    head = b""
    while b"\r\n\r\n" not in head:
        count = connection.recv_into(buffer)
        if not count:
            raise ConnectionError("closed before an answer")
        head += buffer[:count]
    head, _, body = head.partition(b"\r\n\r\n")
    if b" 200 " not in head[:16]:
        raise SystemExit(f"unexpected answer: {head[:200]!r}")
    fields = dict(line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:])
    rest = int(fields[b"content-length"]) - len(body)
    size = len(head) + 4 + len(body) + rest
    while rest:
        count = connection.recv_into(buffer, min(rest, MIB))
        if not count:
            raise ConnectionError("closed inside an answer")
        rest -= count
    return size


def count_requests(port: int, path: str, connections: int = 16, seconds: float = 1.0) -> float:
    """Requests a second over several keep-alive connections."""
    with connect(port) as connection:
        answer_bytes = exchange(connection, path)
    request = make_request(path)
    poll = select.epoll()
    opened = {}
    for _ in range(connections):
        connection = connect(port)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(connection, select.EPOLLIN)
        opened[connection.fileno()] = connection
        connection.sendall(request)
    missing = dict.fromkeys(opened, answer_bytes)
    done = 0
    began = time.perf_counter()
    while time.perf_counter() < began + seconds:
        for descriptor, _ in poll.poll(1):
            missing[descriptor] -= len(opened[descriptor].recv(65536))
            if missing[descriptor] <= 0:
                missing[descriptor] += answer_bytes
                done += 1
                opened[descriptor].sendall(request)
    elapsed = time.perf_counter() - began
    poll.close()
    for connection in opened.values():
        connection.close()
    return done / elapsed


def download(port: int, path: str) -> float:
    """MB/s of one download of the file."""
    with connect(port) as connection:
        began = time.perf_counter()
        size = exchange(connection, path)
        elapsed = time.perf_counter() - began
    if size < FILE_BYTES:
        raise SystemExit(f"{path} sent {size} bytes of {FILE_BYTES}")
    return FILE_BYTES / 1e6 / elapsed


def upload(port: int) -> float:
    """MB/s of one upload of as many bytes as the file has."""
    chunk = os.urandom(MIB)
    with connect(port) as connection:
        began = time.perf_counter()
        connection.sendall(make_request("/upload", "PUT", FILE_BYTES))
        for _ in range(FILE_BYTES // MIB):
            connection.sendall(chunk)
        read_answer(connection)
        return FILE_BYTES / 1e6 / (time.perf_counter() - began)


def time_requests(port: int, path: str, pause: float = 0.0) -> list[float]:
    """Milliseconds of each of PROBES requests, one after another on one connection."""
    taken = []
    with connect(port) as connection:
        exchange(connection, path)
        for _ in range(PROBES):
            time.sleep(pause)
            began = time.perf_counter()
            exchange(connection, path)
            taken.append((time.perf_counter() - began) * 1e3)
    return taken


def median_latency(port: int) -> float:
    return statistics.median(time_requests(port, "/hello"))


def tail_latency(port: int) -> float:
    return statistics.quantiles(time_requests(port, "/hello"), n=20)[-1]


def latency_beside(path: str) -> Callable[[int], float]:
    """The p95 of small requests while another client downloads the file, again and again."""

    def take(port: int) -> float:
        done = threading.Event()

        def keep_downloading() -> None:
            while not done.is_set():
                download(port, path)

        other = threading.Thread(target=keep_downloading)
        other.start()
        try:
            return statistics.quantiles(time_requests(port, "/hello", 0.002), n=20)[-1]
        finally:
            done.set()
            other.join()

    return take


def count_stalls(port: int) -> float:
    """Of small answers sent in one write and in two, how many wait for an acknowledgement."""
    times = [
        taken
        for path in ("/hello", "/parts")
        for pause in (0.0, 0.002)
        for taken in time_requests(port, path, pause)
    ]
    return float(sum(taken >= 35 for taken in times))
