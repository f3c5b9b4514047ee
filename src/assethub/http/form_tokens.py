"""What a page of the console sends back to show that it is the hub's own, for the session it has.

A form carries it as a field, a script as a header. Another site's page can do neither: it does not
know the token, and a browser asks the hub before it lets a page elsewhere set such a header.

Each page has it under a mask of its own: pages are compressed, and from how well something of which
all stays the same compresses beside what an attacker may choose, it could be guessed (BREACH).
"""

import hashlib
import hmac
import secrets

from assethub.errors import PermissionDenied

FIELD = "form_token"
HEADER = "x-form-token"
_SIZE = hashlib.sha256().digest_size


def form_token(secret: str) -> str:
    """What has to be sent with what acts for the session of this secret."""
    mask = secrets.token_bytes(_SIZE)
    return (mask + _combine(mask, _sign(secret))).hex()


def check_form_token(secret: str, token: str) -> None:
    """Raises PermissionDenied unless the token is that of the session."""
    try:
        sent = bytes.fromhex(token)
    except ValueError:
        sent = b""
    masked = sent[:_SIZE], sent[_SIZE:]
    whole = len(sent) == 2 * _SIZE
    if not whole or not hmac.compare_digest(_combine(*masked), _sign(secret)):
        raise PermissionDenied("the form is out of date", code="form_outdated")


def _sign(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"assethub console form", hashlib.sha256)


def _combine(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
