"""The certificate that a hub speaks TLS with."""

import ssl
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from assethub.errors import HubError
from assethub.settings import Settings


class TlsUnusable(HubError):
    """The certificate or its key cannot be read, or they do not belong together."""

    code = "tls_unusable"


class Tls(NamedTuple):
    """The PEM files of a certificate with those above it, and of its key."""

    cert: Path
    key: Path


def find_tls(settings: Settings) -> Tls | None:
    """The files to speak TLS with, where they are set. Raises TlsUnusable where they do not fit."""
    if not settings.tls_cert and not settings.tls_key:
        return None
    if not settings.tls_cert or not settings.tls_key:
        raise TlsUnusable("--tls-cert and --tls-key go together: give both files")
    tls = Tls(Path(settings.tls_cert), Path(settings.tls_key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An empty password: else OpenSSL asks for one at the terminal.
        context.load_cert_chain(tls.cert, tls.key, password="")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TlsUnusable(
            f"cannot use the certificate {tls.cert} with the key {tls.key}: {reason}"
        ) from error
    return tls


def read_expiry(cert: Path) -> datetime:
    """Until when the certificate, and those above it in the file, are good."""
    from cryptography.x509 import load_pem_x509_certificates

    found = load_pem_x509_certificates(cert.read_bytes())
    return min(each.not_valid_after_utc for each in found)
