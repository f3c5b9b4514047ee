"""Says of a configuration, and of the data it names, what is unsafe, wrong, or worth a thought.

Nothing is changed but that a trial is written to the store and removed.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from shutil import disk_usage
from typing import Literal, NamedTuple
from urllib.parse import parse_qs, urlsplit

from assethub.errors import HubError
from assethub.settings import Settings
from assethub.store.blobs import open_store
from assethub.store.schema import HEAD, read_version

State = Literal["ok", "note", "problem"]
_LEAST_FREE_BYTES = 2**30
_LEAST_FILES = 1024
_LEAST_DAYS = 14


class Finding(NamedTuple):
    """What was found about one thing: `problem` is unsafe or does not work."""

    state: State
    about: str
    text: str


def diagnose(settings: Settings) -> list[Finding]:
    """All that is found, in the order of the settings."""
    return [
        *_look_at_data(settings),
        *_look_at_database(settings),
        *_look_at_store(settings),
        *_look_at_exposure(settings),
        *_look_at_certificate(settings),
        *_look_at_proxies(settings),
        *_look_at_hosts(settings),
        *_look_at_rates(settings),
        *_look_at_metrics(settings),
        *_look_at_provider(settings),
        *_look_at_process(),
    ]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _look_at_data(settings: Settings) -> Iterator[Finding]:
    if settings.database_url and settings.store_url:
        return
    place = settings.data
    if not place.exists():
        yield Finding("note", "data", f"{place} is not there yet; the first start makes it")
        return
    if not place.is_dir() or not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("problem", "data", f"{place} is no directory that the hub may write to")
        return
    mode = stat.S_IMODE(place.stat().st_mode)
    if mode & 0o077:
        yield Finding(
            "problem",
            "data",
            f"{place} can be reached by other users of the machine (mode {mode:o}): chmod 700",
        )
    else:
        yield Finding("ok", "data", f"{place} is the hub's own")
    free = disk_usage(place).free
    if free < _LEAST_FREE_BYTES:
        yield Finding("problem", "data", f"only {free >> 20} MiB are free at {place}")


def _look_at_database(settings: Settings) -> Iterator[Finding]:
    local = not settings.database_url
    if local and not (settings.data / "hub.db").exists():
        yield Finding("note", "database", "there is none yet; the first start makes it")
        return
    try:
        version = read_version(settings.resolved_database_url)
    except HubError as error:
        yield Finding("problem", "database", error.detail)
        return
    if version is None:
        yield Finding("note", "database", "it is empty; the first start makes the tables")
    elif version > HEAD:
        yield Finding(
            "problem", "database", f"format {version} is newer than {HEAD} of this program"
        )
    elif version < HEAD:
        yield Finding("note", "database", f"format {version}: the next start makes it {HEAD}")
    else:
        yield Finding("ok", "database", f"format {version}")
    if not local:
        yield from _look_at_postgresql(settings.database_url)


def _look_at_postgresql(url: str) -> Iterator[Finding]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", [""])[0]
    modes = query.get("sslmode", [os.environ.get("PGSSLMODE", "prefer")])
    here = not host or host.startswith("/") or is_loopback(host)
    if not here and modes[0] not in ("require", "verify-ca", "verify-full"):
        yield Finding(
            "problem",
            "database",
            f"what goes to {host} need not be encrypted: add ?sslmode=verify-full to the URL",
        )


def _look_at_store(settings: Settings) -> Iterator[Finding]:
    shared = settings.store_url
    if not shared and not (settings.data / "blobs").exists():
        yield Finding("note", "store", "there is none yet; the first start makes it")
        return
    try:
        open_store(settings.resolved_store_url).check_writable()
    except HubError as error:
        yield Finding("problem", "store", error.detail)
        return
    yield Finding("ok", "store", f"{settings.resolved_store_url} takes and gives")
    if settings.database_url and not shared:
        yield Finding(
            "note",
            "store",
            "the bytes lie in the data directory: hubs that share this database need --store-url",
        )
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    host = urlsplit(endpoint).hostname or ""
    if shared.startswith("s3://") and endpoint.startswith("http://") and not is_loopback(host):
        yield Finding("problem", "store", f"what goes to {endpoint} is not encrypted")


def _look_at_exposure(settings: Settings) -> Iterator[Finding]:
    if is_loopback(settings.host):
        yield Finding("ok", "host", f"only this machine reaches {settings.host}")
    elif settings.tls_cert:
        yield Finding("ok", "host", f"TLS on {settings.host}")
    elif settings.trusted_proxies:
        yield Finding(
            "note",
            "host",
            f"no TLS on {settings.host}: see that only the proxies {settings.trusted_proxies} "
            "reach it, over a network that you trust",
        )
    else:
        yield Finding(
            "problem",
            "host",
            f"no TLS on {settings.host} and no proxy: keys and sessions cross the network in the "
            "clear" + ("" if settings.insecure else ", so the hub refuses to start"),
        )


def _look_at_certificate(settings: Settings) -> Iterator[Finding]:
    if bool(settings.tls_cert) != bool(settings.tls_key):
        yield Finding("problem", "tls_cert", "--tls-cert and --tls-key go together")
    if not settings.tls_cert or not settings.tls_key:
        return
    from assethub.tls import TlsUnusable, find_tls, read_expiry

    try:
        find_tls(settings)
        left = read_expiry(Path(settings.tls_cert)) - datetime.now(UTC)
    except TlsUnusable as error:
        yield Finding("problem", "tls_cert", error.detail)
        return
    if left.total_seconds() <= 0:
        yield Finding("problem", "tls_cert", "the certificate has expired")
    elif left.days < _LEAST_DAYS:
        yield Finding("note", "tls_cert", f"the certificate expires in {left.days} days")
    else:
        yield Finding("ok", "tls_cert", f"good for {left.days} days")
    with suppress(OSError):
        if stat.S_IMODE(Path(settings.tls_key).stat().st_mode) & 0o007:
            yield Finding(
                "problem", "tls_key", f"everyone on the machine can read {settings.tls_key}"
            )


def _look_at_proxies(settings: Settings) -> Iterator[Finding]:
    for network in settings.proxy_networks:
        if network.prefixlen < (8 if network.version == 4 else 16):
            yield Finding(
                "problem",
                "trusted_proxies",
                f"{network} is so wide that callers can say who they are themselves",
            )


def _look_at_hosts(settings: Settings) -> Iterator[Finding]:
    if "*" in settings.host_names:
        yield Finding(
            "problem",
            "allowed_hosts",
            "any name is taken, so a page of another site can be made to reach the hub under its "
            "own (DNS rebinding): list the hub's names",
        )
    elif not settings.host_names and (settings.trusted_proxies or not is_loopback(settings.host)):
        yield Finding(
            "note",
            "allowed_hosts",
            "none is listed: people reach the hub by its address, not by a name",
        )


def _look_at_rates(settings: Settings) -> Iterator[Finding]:
    if not is_loopback(settings.host) and not settings.address_rate:
        yield Finding("note", "address_rate", "addresses may ask as often as they like")


def _look_at_metrics(settings: Settings) -> Iterator[Finding]:
    if settings.metrics_port and not is_loopback(settings.metrics_host):
        yield Finding(
            "note",
            "metrics_host",
            f"anyone who reaches {settings.metrics_host} can read /metrics, which asks for no key",
        )


def _look_at_provider(settings: Settings) -> Iterator[Finding]:
    if not settings.oidc_issuer:
        return
    parts = urlsplit(settings.oidc_issuer)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        yield Finding(
            "problem", "oidc_issuer", f"{settings.oidc_issuer} is no https:// URL, nor on loopback"
        )
    if not settings.oidc_client_id:
        yield Finding("problem", "oidc_client_id", "it is needed beside oidc_issuer")
    if not settings.oidc_client_secret_file:
        return
    try:
        mode = stat.S_IMODE(Path(settings.oidc_client_secret_file).stat().st_mode)
    except OSError as error:
        yield Finding("problem", "oidc_client_secret_file", str(error))
        return
    if mode & 0o007:
        yield Finding(
            "problem",
            "oidc_client_secret_file",
            f"{settings.oidc_client_secret_file} can be read by all users of the machine",
        )


def _look_at_process() -> Iterator[Finding]:
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files < _LEAST_FILES:
        yield Finding(
            "note", "process", f"at most {files} open files: raise it with ulimit -n {_LEAST_FILES}"
        )
