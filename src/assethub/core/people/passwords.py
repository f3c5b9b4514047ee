"""Passwords: how strong they have to be, and the form in which they are kept."""

import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from assethub.errors import InvalidInput, TooManyRequests

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 10
LONGEST = 1000
# More than 10^8 guesses: at the rate that failures leave, more than a life's.
_LEAST_SCORE = 3
# What is behind these characters cannot make a password weaker; to judge them all takes too long.
_JUDGED = 64
# Each takes 64 MiB and a core; who has to wait holds a thread that others need.
_AT_ONCE = 2
_MOST_WAITING = 8
_admitted = BoundedSemaphore(_AT_ONCE + _MOST_WAITING)
_hashing = BoundedSemaphore(_AT_ONCE)


@contextmanager
def hashing_turn() -> Iterator[None]:
    """A turn to hash, within which alone the functions below may be called.

    Raises TooManyRequests where too many wait for one.
    """
    if not _admitted.acquire(blocking=False):
        raise TooManyRequests(
            "too many people are signing in right now; try again in a moment",
            1,
            code="signin_busy",
        )
    try:
        with _hashing:
            yield
    finally:
        _admitted.release()


def hash_password(password: str) -> str:
    """The hash to keep, by argon2id with a salt and its parameters in it."""
    return _hasher().hash(_encode(password))


def is_password(password: str, kept: str | None) -> bool:
    """Whether it is the password of which the hash is kept.

    It takes as long where there is none, so that nobody learns who has one, or who there is.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    nobodys = _nobodys_hash()
    try:
        matches = _hasher().verify(kept or nobodys, _encode(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return matches and kept is not None


def needs_rehash(kept: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return _hasher().check_needs_rehash(kept)


def check_strength(password: str, *about: str) -> None:
    """Raises InvalidInput for a password that can be guessed; `about` is what others know of its
    user.
    """
    from zxcvbn_rs_py import zxcvbn

    password = _normalize(password)
    if len(password) < SHORTEST:
        raise InvalidInput(
            f"a password has at least {SHORTEST} characters", code="password_too_short"
        )
    if len(password) > LONGEST:
        raise InvalidInput(f"a password has at most {LONGEST} characters", code="password_too_long")
    judged = password[:_JUDGED].encode("utf-8", "replace").decode()
    if int(zxcvbn(judged, [text for text in about if text]).score) < _LEAST_SCORE:
        raise InvalidInput(
            "this password is easy to guess: take one without names, common words on their own, "
            "dates, repeats or rows of keys; a few unrelated words do",
            code="password_guessable",
        )


@cache
def _hasher() -> "PasswordHasher":
    """With the library's own parameters, those of RFC 9106 for where memory is short."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_bytes(16))


def _normalize(password: str) -> str:
    """One form for what keyboards enter in several: composed letters, full width."""
    return unicodedata.normalize("NFKC", password)


def _encode(password: str) -> bytes:
    return _normalize(password).encode("utf-8", "surrogatepass")
