"""One attempt to sign in by OpenID Connect."""

import base64
import hmac
import secrets


class Attempt:
    """One attempt to sign in, bound to the browser that holds its secret in a cookie.

    What goes to the provider is made from the secret, so any hub can take up the answer, and no
    other browser has what it takes.
    """

    def __init__(self, secret: str | None = None) -> None:
        self.secret = secret or secrets.token_urlsafe(32)
        self.state = self._derive("state")
        self.nonce = self._derive("nonce")
        self.verifier = self._derive("verifier")

    def _derive(self, purpose: str) -> str:
        digest = hmac.digest(self.secret.encode("utf-8", "replace"), purpose.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
