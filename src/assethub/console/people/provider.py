"""The provider of OpenID Connect: what the hub asks it, and which of its answers count.

The flow is that of OpenID Connect Core 1.0, section 3.1 (authorization code), with PKCE (RFC 7636).
"""

import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

from assethub.console.people.attempt import Attempt
from assethub.console.people.kept import Kept
from assethub.core.people.subjects import Identity
from assethub.errors import HubError, Unauthenticated, Unavailable
from assethub.settings import Settings

_ALGORITHMS = ["RS256", "ES256"]
_KINDS = ("RSA", "EC")
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 10.0
_LEEWAY_SECONDS = 60
# So many ask the provider at once: each holds a thread that others need.
_MOST_ASKING = 8
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderUnavailable(Unavailable):
    """The provider cannot be reached, or its answer is not one of OpenID Connect."""

    code = "provider_unavailable"


class ProviderRefused(Unauthenticated):
    """The provider, or what it says, does not sign anybody in."""

    code = "provider_refused"


class WrongProvider(HubError):
    """The settings of OpenID Connect do not hold together."""

    code = "provider_wrong"


class Provider:
    """The provider at an issuer's URL, where the hub is the client `client_id`."""

    def __init__(self, settings: Settings, client_secret: str | None) -> None:
        self.issuer = settings.oidc_issuer
        self.host = urlsplit(self.issuer).netloc
        self._client_id = settings.oidc_client_id
        self._client_secret = client_secret
        self._scope = settings.oidc_scope
        self._groups_claim = settings.oidc_groups_claim
        self._asking = BoundedSemaphore(_MOST_ASKING)
        self._metadata = Kept(self._fetch_metadata)
        self._keys = Kept(self._fetch_keys)

    def begin(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where to send the browser. Raises ProviderUnavailable."""
        with self._session(redirect_uri) as session:
            endpoint = self._metadata.get()["authorization_endpoint"]
            url, _ = session.create_authorization_url(
                endpoint,
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(url)

    def finish(self, attempt: Attempt, redirect_uri: str, query: Mapping[str, str]) -> Identity:
        """Whom the provider has signed in, by the query that the browser came back with.

        Raises ProviderRefused where nobody is, and ProviderUnavailable.
        """
        state = query.get("state", "").encode("utf-8", "replace")
        if not hmac.compare_digest(state, attempt.state.encode()):
            raise ProviderRefused("the answer is not to this browser's question")
        if query.get("iss", self.issuer) != self.issuer:
            raise ProviderRefused("the answer is another provider's")
        if "error" in query or "code" not in query:
            raise ProviderRefused("the provider did not sign anybody in", code="provider_declined")
        with self._session(redirect_uri) as session:
            token = self._fetch_token(session, attempt, query["code"])
            claims = self._read_token(token, attempt.nonce)
            return self._identify(claims | self._ask_more(session, claims))

    @contextmanager
    def _session(self, redirect_uri: str = "") -> Iterator[Any]:
        """A client of the provider; what goes wrong with it is a ProviderUnavailable."""
        import requests
        from authlib.common.errors import AuthlibBaseError
        from authlib.integrations.requests_client import OAuth2Session
        from joserfc.errors import JoseError

        if not self._asking.acquire(blocking=False):
            raise ProviderUnavailable(f"too many wait for {self.host}; try again in a moment")
        try:
            with OAuth2Session(
                self._client_id,
                self._client_secret,
                scope=self._scope,
                redirect_uri=redirect_uri,
                code_challenge_method="S256",
                token_endpoint_auth_method=None if self._client_secret else "none",
                default_timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            ) as session:
                yield session
        except requests.RequestException as error:
            raise ProviderUnavailable(
                f"the OpenID Connect provider {self.host} does not answer as it should: "
                f"{type(error).__name__}"
            ) from error
        except (AuthlibBaseError, JoseError) as error:
            raise ProviderRefused(f"what {self.host} says does not count: {error}") from error
        finally:
            self._asking.release()

    def _fetch_json(self, url: str) -> dict[str, Any]:
        import requests

        answer = requests.get(url, timeout=(_CONNECT_SECONDS, _READ_SECONDS))
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict):
            raise ProviderUnavailable(f"{url} answers with no JSON object")
        return found

    def _fetch_metadata(self) -> dict[str, Any]:
        """What OpenID Connect Discovery 1.0 says of the provider."""
        found = self._fetch_json(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise ProviderUnavailable(
                f"the provider at {self.issuer} says that it is {found.get('issuer')!r}: "
                "set --oidc-issuer to just that"
            )
        for name in _NEEDED:
            if not is_safe_url(str(found.get(name, ""))):
                raise ProviderUnavailable(f"the provider gives no safe {name}")
        return found

    def _fetch_keys(self) -> dict[str, Any]:
        """The provider's keys to sign with, less those of kinds that the hub does not take."""
        found = self._fetch_json(self._metadata.get()["jwks_uri"]).get("keys")
        keys = [key for key in found or () if key.get("kty") in _KINDS and key.get("use") != "enc"]
        return {"keys": keys}

    def _fetch_token(self, session: Any, attempt: Attempt, code: str) -> dict[str, Any]:
        metadata = self._metadata.get()
        if self._client_secret and "client_secret_basic" not in metadata.get(
            "token_endpoint_auth_methods_supported", ["client_secret_basic"]
        ):
            session.token_endpoint_auth_method = "client_secret_post"  # noqa: S105  (its name)
        found: dict[str, Any] = session.fetch_token(
            metadata["token_endpoint"],
            grant_type="authorization_code",
            code=code,
            code_verifier=attempt.verifier,
            allow_redirects=False,
        )
        if not isinstance(found.get("id_token"), str):
            raise ProviderRefused(f"{self.host} gave no ID token")
        return found

    def _read_token(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of an ID token that is the provider's, for this hub and this browser, now."""
        from authlib.oidc.core import CodeIDToken

        decoded = self._decode(token["id_token"])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
            },
            params={
                "nonce": nonce,
                "client_id": self._client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=_LEEWAY_SECONDS)
        return dict(claims)

    def _decode(self, id_token: str) -> Any:
        """The token, by the keys of the provider; they are asked for anew where one is missing."""
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError
        from joserfc.jwk import KeySet

        for newer in (False, True):
            keys = KeySet.import_key_set(self._keys.get(newer=newer))  # type: ignore[arg-type]
            try:
                return jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
            except (BadSignatureError, InvalidKeyIdError):
                if newer:
                    raise
        raise AssertionError

    def _ask_more(self, session: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """What the ID token does not say of the user, and the provider's userinfo does."""
        endpoint = self._metadata.get().get("userinfo_endpoint")
        wanted = {"preferred_username", "email", self._groups_claim} - {""}
        if not is_safe_url(str(endpoint)) or wanted <= claims.keys():
            return {}
        answer = session.get(endpoint, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict) or found.get("sub") != claims["sub"]:
            raise ProviderRefused(f"the userinfo of {self.host} is another user's")
        return {name: found[name] for name in wanted & found.keys() - claims.keys()}

    def _identify(self, claims: dict[str, Any]) -> Identity:
        given = claims.get(self._groups_claim, []) if self._groups_claim else None
        groups = [given] if isinstance(given, str) else given
        if groups is not None and not isinstance(groups, list):
            groups = []
        name, email = claims.get("preferred_username"), claims.get("email")
        return Identity(
            f"{self.issuer}|{claims['sub']}",
            name if isinstance(name, str) else "",
            email if isinstance(email, str) else "",
            None if groups is None else [each for each in groups if isinstance(each, str)],
        )


def find_provider(settings: Settings) -> Provider | None:
    """The provider of the settings, which is not asked yet; raises WrongProvider."""
    if not settings.oidc_issuer:
        return None
    if not is_safe_url(settings.oidc_issuer):
        raise WrongProvider(
            f"the issuer {settings.oidc_issuer!r} is no https:// URL; http:// is for loopback"
        )
    if not settings.oidc_client_id:
        raise WrongProvider("with --oidc-issuer give --oidc-client-id too")
    return Provider(settings, _read_secret(settings.oidc_client_secret_file))


def is_safe_url(url: str) -> bool:
    """Whether nobody between here and the URL can read along or answer in its place."""
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))


def _read_secret(path: str) -> str | None:
    if not path:
        return None
    try:
        secret = Path(path).read_text().strip()
    except OSError as error:
        raise WrongProvider(f"cannot read the client secret {path}: {error.strerror}") from error
    if not secret:
        raise WrongProvider(f"the file of the client secret is empty: {path}")
    return secret
