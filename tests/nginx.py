"""The nginx of `deploy/nginx.conf`, before hubs of a test."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.certificates import Certificate

EXAMPLE = Path(__file__).parents[1] / "deploy" / "nginx.conf"


def find_nginx() -> str:
    """The command; where there is none the test is skipped, and fails in CI, which installs it."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("nginx is not installed")
    return found


@contextmanager
def run_nginx(hubs: Sequence[str], certificate: Certificate, place: Path) -> Iterator[str]:
    """The example as it stands, but for its addresses and files; gives the URL it serves at.

    Each request goes to the hub after that of the request before.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = EXAMPLE.read_text()
    for written, used in {
        "server hub-1.internal:8080;": f"server {hubs[0].removeprefix('http://')};",
        "server hub-2.internal:8080;": f"server {hubs[1].removeprefix('http://')};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/nginx/tls/hub.pem": str(certificate.cert),
        "/etc/nginx/tls/hub.key": str(certificate.key),
        "/var/log/nginx/assethub.log": str(place / "access.log"),
    }.items():
        assert text.count(written) == 1, written
        text = text.replace(written, used)
    temporary = "".join(
        f"{kind}_temp_path {place};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    head = f"{user}daemon off;\nworker_processes 1;\npid {place}/pid;\n"
    whole = place / "nginx.conf"
    whole.write_text(f"{head}events {{}}\nhttp {{\n{temporary}{text}}}\n")
    log = place / "error.log"
    command = [find_nginx(), "-c", str(whole), "-e", str(log), "-p", str(place)]
    with subprocess.Popen(command) as process:
        try:
            _wait_for(port, process, log)
            yield f"https://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(log.read_text())
