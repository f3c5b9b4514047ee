"""`assethub doctor`: what it says of a configuration and its data."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.certificates import make_certificate
from assethub.core.hub import open_hub
from assethub.settings import Settings

ASSETHUB = Path(sys.executable).with_name("assethub")
Findings = set[tuple[str, str]]


def examine(*flags: str, **variables: str) -> tuple[int, Findings, str]:
    """The exit code, what is found about what, and all the texts."""
    command = [ASSETHUB, "doctor", "-o", "json", *flags]
    environment = {"PATH": "/usr/bin:/bin"} | variables
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    return (
        done.returncode,
        {(each["state"], each["about"]) for each in found},
        "\n".join(each["text"] for each in found),
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The directory of a hub that was started once."""
    open_hub(Settings(data=tmp_path / "data")).close()
    (tmp_path / "data" / "blobs").mkdir(exist_ok=True)
    return tmp_path / "data"


def test_a_hub_on_loopback_is_well(data: Path) -> None:
    code, found, _ = examine("--data", str(data))
    assert (code, {about for state, about in found if state == "ok"}) == (
        0,
        {"data", "database", "store", "host"},
    )
    assert "problem" not in {state for state, _ in found}


def test_it_makes_nothing(tmp_path: Path) -> None:
    code, found, _ = examine("--data", str(tmp_path / "new"))
    assert (code, ("note", "data") in found, ("note", "database") in found) == (0, True, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "about", "says"),
    [
        (["--host", "0.0.0.0"], "host", "in the clear, so the hub refuses to start"),
        (["--host", "0.0.0.0", "--insecure"], "host", "in the clear"),
        (["--tls-cert", "/none"], "tls_cert", "go together"),
        (["--tls-cert", "/none", "--tls-key", "/none"], "tls_cert", "No such file"),
        (["--trusted-proxies", "0.0.0.0/0"], "trusted_proxies", "so wide"),
        (["--oidc-issuer", "http://id.example"], "oidc_issuer", "no https:// URL"),
        (["--oidc-issuer", "https://id.example"], "oidc_client_id", "needed beside"),
        (
            ["--oidc-issuer", "https://id.example", "--oidc-client-secret-file", "/none"],
            "oidc_client_secret_file",
            "No such file",
        ),
        (
            ["--oidc-issuer", "https://id.example", "--oidc-client-secret-file", "/etc/passwd"],
            "oidc_client_secret_file",
            "can be read by all",
        ),
        (["--allowed-hosts", "*"], "allowed_hosts", "DNS rebinding"),
        (["--database-url", "postgresql://127.0.0.1:1/x"], "database", "cannot open"),
        (["--store-url", "ftp://x"], "store", "ftp://"),
    ],
)
def test_what_is_unsafe_or_wrong_is_a_problem(
    data: Path, flags: list[str], about: str, says: str
) -> None:
    code, found, text = examine("--data", str(data), *flags)
    assert (code, ("problem", about) in found) == (1, True)
    assert says in text


def test_it_reads_the_variables_that_serve_reads(data: Path) -> None:
    code, found, _ = examine(ASSETHUB_DATA=str(data), ASSETHUB_HOST="192.0.2.1")
    assert (code, ("problem", "host") in found) == (1, True)


def test_data_that_others_can_read_is_a_problem(data: Path) -> None:
    data.chmod(0o755)
    code, found, text = examine("--data", str(data))
    assert (code, ("problem", "data") in found, "chmod 700" in text) == (1, True, True)


def test_a_database_that_is_none_is_a_problem(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "hub.db").write_bytes(b"no database " * 100)
    code, found, _ = examine("--data", str(tmp_path))
    assert (code, ("problem", "database") in found) == (1, True)


@pytest.mark.parametrize(("days", "state"), [(-1, "problem"), (3, "note"), (90, "ok")])
def test_a_certificate_is_judged_by_how_long_it_lasts(
    data: Path, tmp_path: Path, days: int, state: str
) -> None:
    files = make_certificate(tmp_path, days)
    flags = ["--tls-cert", str(files.cert), "--tls-key", str(files.key), "--host", "0.0.0.0"]
    code, found, _ = examine("--data", str(data), *flags)
    assert (code, (state, "tls_cert") in found) == (int(state == "problem"), True)


def test_a_key_that_everyone_can_read_is_a_problem(data: Path, tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    files.key.chmod(0o644)
    flags = ["--tls-cert", str(files.cert), "--tls-key", str(files.key)]
    assert ("problem", "tls_key") in examine("--data", str(data), *flags)[1]


def test_people_get_a_line_for_each_finding(data: Path) -> None:
    command = [ASSETHUB, "doctor", "--data", str(data), "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stdout.splitlines()].count("problem") == 1
