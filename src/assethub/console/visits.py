"""One request to the console: who comes, in which language, with what in the form."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.requests import Request

from assethub.console.addresses import own_url
from assethub.console.languages import Language, choose_language
from assethub.core.hub import Hub
from assethub.core.people.sessions import Origin, Session, find_session
from assethub.core.people.users import User
from assethub.errors import HubError, TooLarge
from assethub.http.access import USER
from assethub.http.cookies import SESSION, read_cookie
from assethub.http.form_tokens import FIELD, check_form_token, form_token
from assethub.http.proxies import find_peer

if TYPE_CHECKING:
    # Which has a page, that is one of visits.
    from assethub.console.people.provider import Provider

LANGUAGE = "assethub_language"
THEME = "assethub_theme"
THEMES = ("light", "dark")
_LONGEST_FORM = 65_536


class SignInNeeded(HubError):
    """The page is for those who have signed in."""

    status = 401
    code = "signin_needed"


class SignedIn(NamedTuple):
    """A signed-in visitor; `secret` is what the browser's cookie holds."""

    secret: str
    user: User
    session: Session


class Form(dict[str, str]):
    """The fields of a form by name, the last of each; `all` has those that come several times."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__(fields)
        self._fields = fields

    def all(self, name: str) -> list[str]:
        return [value for each, value in self._fields if each == name]


@dataclass(frozen=True)
class Visit:
    """What a page knows about the request that it answers."""

    request: Request
    language: Language
    signed_in: SignedIn | None = None
    form: Form = field(default_factory=lambda: Form([]))
    # The newest change of before this page was made, from which on it follows what is new.
    mark: int = 0

    @property
    def hub(self) -> Hub:
        return find_hub(self.request)

    @property
    def user(self) -> User:
        """The signed-in user; raises SignInNeeded where there is none."""
        return self.own.user

    @property
    def own(self) -> SignedIn:
        """The signed-in visitor; raises SignInNeeded where there is none."""
        if self.signed_in is None:
            raise SignInNeeded("sign in first")
        return self.signed_in

    @property
    def origin(self) -> Origin:
        """Where the request comes from."""
        agent = self.request.headers.get("user-agent", "")
        return Origin(find_peer(self.request), agent)

    @property
    def url(self) -> str:
        """The path and query of this page, as a browser may come back to it by GET."""
        return own_url(self.request) if self.request.method in ("GET", "HEAD") else "/"

    @property
    def query(self) -> QueryParams:
        """What stands behind the question mark of the page's address."""
        return self.request.query_params

    @property
    def theme(self) -> str:
        """`light` or `dark` where the visitor chose it, else empty: as the system has it."""
        chosen = read_cookie(self.request, THEME)
        return chosen if chosen in THEMES else ""

    @property
    def provider(self) -> "Provider | None":
        """What signs people in by OpenID Connect, where that is set up."""
        return cast("Provider | None", self.request.app.state.provider)

    def check_form(self) -> None:
        """Raises SignInNeeded, and PermissionDenied unless the form is of the visitor's session."""
        check_form_token(self.own.secret, self.form.get(FIELD, ""))

    @cached_property
    def form_token(self) -> str:
        return form_token(self.signed_in.secret) if self.signed_in else ""


def find_hub(request: Request) -> Hub:
    return cast(Hub, request.app.state.hub)


def find_language(request: Request) -> Language:
    accepted = request.headers.get("accept-language", "")
    return choose_language(read_cookie(request, LANGUAGE), accepted)


def find_signed_in(request: Request) -> SignedIn | None:
    """The session that the request's cookie names, if it still lasts."""
    secret = read_cookie(request, SESSION)
    found = find_session(find_hub(request), secret) if secret else None
    if secret is None or found is None:
        return None
    user, session = found
    request.scope[USER] = user.name
    return SignedIn(secret, user._replace(peer=find_peer(request)), session)


async def read_form(request: Request) -> Form:
    """The fields of a form as browsers send them; raises TooLarge above 64 KiB."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise TooLarge(f"a form has at most {_LONGEST_FORM} bytes")
    return Form(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
