"""What the hub refuses, and how it says so.

HubError
├── InvalidInput        400  the request says something that cannot be
├── Unauthenticated     400, or 401 to a Bearer header: no key, or one that is not known
├── PermissionDenied    403  may view, may not do this
├── NotFound            404  not there, or not for the asker's eyes
├── Conflict            409  clashes with what is there
├── TooLarge            413  more bytes than the hub takes in one request
├── TooManyRequests     429  has to wait; `retry_after` says for how many seconds
├── Unavailable         503  the database cannot be reached or is held up
├── Damaged             500  what was stored is lost; `assethub check` says what
├── StorageFull         507  no room left in the database
└── StoreError          503, or 507 where the store is full (`assethub.store.blobs`)
"""


class HubError(Exception):
    """A refusal: one sentence for people, a stable `code` for programs, an HTTP status.

    `text` is what a client of the released generation gets as plain text and may compare to the
    letter; `detail` is the fuller sentence for those who ask for JSON (by default the same).
    `retry_after` says in how many seconds the same request may succeed, where that is likely.
    """

    status = 500
    code = "internal_error"
    retry_after: int | None = None

    def __init__(
        self,
        text: str,
        *,
        code: str | None = None,
        detail: str | None = None,
        plain_status: int | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.detail = detail or text.strip()
        self.code = code or type(self).code
        self.plain_status = plain_status or self.status


class InvalidInput(HubError):
    status = 400
    code = "invalid_input"


class Unauthenticated(HubError):
    status = 400
    code = "unauthenticated"


class PermissionDenied(HubError):
    status = 403
    code = "permission_denied"


class NotFound(HubError):
    status = 404
    code = "not_found"


class Conflict(HubError):
    status = 409
    code = "conflict"


class TooLarge(HubError):
    status = 413
    code = "too_large"


class TooManyRequests(HubError):
    """The asker has to wait; `retry_after` is for how many whole seconds."""

    status = 429
    code = "too_many_requests"
    retry_after: int

    def __init__(self, text: str, retry_after: int, *, code: str | None = None) -> None:
        super().__init__(text, code=code)
        self.retry_after = retry_after


class Unavailable(HubError):
    status = 503
    code = "unavailable"


class Damaged(HubError):
    """Something that was stored is not there any more, or not as it was."""

    status = 500
    code = "damaged"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the hub is damaged: {what}; whoever runs it should run `assethub check`, which lists "
            "all that is damaged"
        )


class StorageFull(HubError):
    status = 507
    code = "storage_full"
