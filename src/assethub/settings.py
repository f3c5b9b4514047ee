"""All settings of a hub, in one table.

Each has a flag of `assethub`, a variable `ASSETHUB_…`, a default and a meaning; a test compares
the table in the docs with this one.
"""

from collections.abc import Iterable
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Networks = tuple[IPv4Network | IPv6Network, ...]


class Settings(BaseSettings):
    """Where a hub keeps its data and where it listens. Variables fill what is not given."""

    model_config = SettingsConfigDict(env_prefix="ASSETHUB_", extra="ignore", frozen=True)

    data: Path = Field(
        Path("assethub-data"), description="Directory of the embedded database and the bytes."
    )
    database_url: str = Field(
        "", description="`postgresql://…` instead of the SQLite database in the data directory."
    )
    store_url: str = Field(
        "", description="`s3://…`, `gs://…`, `az://…` or a directory instead of the one in `data`."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    tls_cert: str = Field(
        "", description="PEM file of the certificate and those above it; makes the hub speak TLS."
    )
    tls_key: str = Field("", description="PEM file of the certificate's key, without a password.")
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of proxies, with commas between, whose "
        "`X-Forwarded-For`, `-Proto`, `-Host` and `X-Request-Id` count.",
    )
    allowed_hosts: str = Field(
        "",
        description="Names, with commas between, by which people reach the hub, beside those of "
        "loopback and `host`; `.example.com` is all below it, `*` is any.",
    )
    insecure: bool = Field(
        False, description="Listen elsewhere than on loopback without TLS and without a proxy."
    )
    key_rate: float = Field(
        0, ge=0, description="Requests a second of one API key or session, on average; 0 is any."
    )
    address_rate: float = Field(
        0, ge=0, description="Requests a second from one address, on average; 0 is any."
    )
    max_requests: int = Field(
        1000,
        ge=0,
        description="Requests to work on at once; others are told to come again; 0 is any.",
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="`console` for people, `json`, or `auto`: by whether it is a terminal."
    )
    access_log: bool = Field(True, description="Log each request.")
    styleguide: bool = Field(
        False, description="Serve `/_styleguide`, for those who work on the console."
    )
    metrics_host: str = Field("127.0.0.1", description="Address to serve `/metrics` on.")
    metrics_port: int = Field(
        0, ge=0, le=65535, description="Port to serve `/metrics` on; 0 is none."
    )
    oidc_issuer: str = Field(
        "",
        description="URL of the OpenID Connect provider that signs people in to the console, just "
        "as it names itself.",
    )
    oidc_client_id: str = Field("", description="What the hub is called at that provider.")
    oidc_client_secret_file: str = Field(
        "", description="File with the hub's secret at that provider, where it has one."
    )
    oidc_scope: str = Field(
        "openid profile email", description="What the hub asks that provider for."
    )
    oidc_groups_claim: str = Field(
        "groups",
        description="The claim with a user's groups, to share folders with; empty for none.",
    )
    traces_url: str = Field(
        "", description="Where OpenTelemetry traces go by OTLP over HTTP: `http://…/v1/traces`."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: str) -> str:
        _parse_networks(value)
        return value

    @cached_property
    def proxy_networks(self) -> Networks:
        """The networks of `trusted_proxies`."""
        return _parse_networks(self.trusted_proxies)

    @cached_property
    def host_names(self) -> tuple[str, ...]:
        """The names of `allowed_hosts`, in lower case."""
        return tuple(name.lower() for name in _split(self.allowed_hosts))

    @property
    def resolved_database_url(self) -> str:
        """The SQLAlchemy URL of the database, with the driver that the hub uses."""
        if not self.database_url:
            return f"sqlite:///{self.data.absolute() / 'hub.db'}"
        for prefix in ("postgresql://", "postgres://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
        return self.database_url

    @property
    def resolved_store_url(self) -> str:
        """The URL or directory of the blob store."""
        return self.store_url or str(self.data.absolute() / "blobs")


def _parse_networks(text: str) -> Networks:
    return tuple(ip_network(each, strict=False) for each in _split(text))


def _split(text: str) -> Iterable[str]:
    return (each.strip() for each in text.split(",") if each.strip())
