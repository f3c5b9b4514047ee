"""What a page of the console sends back to show that it is the hub's own, for the session it has.

A form carries it as a field, a script as a header. Another site's page can do neither: it does not
know the token, and a browser asks the hub before it lets a page elsewhere set such a header.
"""

import hashlib
import hmac

from assethub.errors import PermissionDenied

FIELD = "form_token"
HEADER = "x-form-token"


def form_token(secret: str) -> str:
    """What has to be sent with what acts for the session of this secret."""
    return hmac.digest(secret.encode(), b"assethub console form", hashlib.sha256).hex()


def check_form_token(secret: str, token: str) -> None:
    """Raises PermissionDenied unless the token is that of the session."""
    if not hmac.compare_digest(form_token(secret).encode(), token.encode("utf-8", "replace")):
        raise PermissionDenied("the form is out of date", code="form_outdated")
