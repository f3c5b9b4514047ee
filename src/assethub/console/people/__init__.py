"""Pages about the visitor: signing in and out, the account, language and theme."""

from starlette.routing import Route

from assethub.console.pages import get, post
from assethub.console.people import account, openid, signin

ROUTES: list[Route] = [
    get("/signin", signin.show_signin),
    post("/signin", signin.sign_in),
    get("/signin/openid", openid.start),
    get("/signin/openid/callback", openid.come_back),
    post("/signout", signin.sign_out),
    post("/language", signin.choose_language),
    post("/theme", signin.choose_theme),
    get("/account", account.show_account),
    post("/account/password", account.change_password),
    post("/account/keys", account.create_key),
    post("/account/keys/revoke", account.revoke_key),
    post("/account/sessions/end", account.end_session),
]
