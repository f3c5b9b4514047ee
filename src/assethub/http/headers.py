"""The headers that every answer of the hub carries, refusals and failures too."""

from starlette.datastructures import Headers

Raw = list[tuple[bytes, bytes]]

_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
# What an answer sets itself stays: pages have a policy of their own, objects a sandbox.
_ALWAYS: Raw = Headers(
    {
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # Not `no-referrer`: with it, browsers send our own forms with `Origin: null`.
        "referrer-policy": "same-origin",
        "permissions-policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
).raw
_OVER_TLS: Raw = [(b"strict-transport-security", b"max-age=31536000"), *_ALWAYS]


def complete(headers: Raw, request_id: bytes, *, tls: bool) -> Raw:
    """The headers of an answer with those that it lacks."""
    there = {name for name, _ in headers}
    lacking = [each for each in (_OVER_TLS if tls else _ALWAYS) if each[0] not in there]
    return [*headers, *lacking, (b"x-request-id", request_id)]
