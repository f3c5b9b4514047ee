"""What the contract tests run against: each backend, with the same tests."""

from uuid import uuid4

import pytest
import urllib3

from hubs import S3_VARIABLES


@pytest.fixture
def s3_environment(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The endpoint, with the variables set by which obstore finds it."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    for name, value in S3_VARIABLES.items():
        monkeypatch.setenv(name, value)
    return s3_endpoint


@pytest.fixture
def s3_bucket(s3_environment: str) -> str:
    """The URL of an empty bucket of its own, as an S3 server shows it over HTTP."""
    url = f"{s3_environment}/bucket-{uuid4().hex}"
    assert urllib3.request("PUT", url).status == 200
    return url


@pytest.fixture
def s3_store_url(s3_bucket: str) -> str:
    """An s3:// URL with a prefix inside an empty bucket."""
    return f"s3://{s3_bucket.rpartition('/')[2]}/some/prefix"
