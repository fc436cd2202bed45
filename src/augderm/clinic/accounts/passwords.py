"""Passwords: argon2id, made anew when its parameters grow."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from augderm.clinic.errors import InvalidEntry

LEAST_LETTERS = 12
MOST_LETTERS = 256
"""More are refused: hashing must not be made slow by whoever sends a novel."""
_HASHER = PasswordHasher()


def hashed(field: str, password: str) -> str:
    """The hash of a new password.

    Raises:
        InvalidEntry: it is too short or too long. Its length is all that is asked (NIST SP 800-63B, 5.1.1.2).
    """
    if not LEAST_LETTERS <= len(password) <= MOST_LETTERS:
        raise InvalidEntry(
            field,
            "A password has %(least)s to %(most)s letters; take several words.",
            least=LEAST_LETTERS,
            most=MOST_LETTERS,
        )
    return _HASHER.hash(_same(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password. Takes as long where there is none as where there is one."""
    if len(password) > MOST_LETTERS:
        return False
    try:
        return _HASHER.verify(password_hash or _nobodys(), _same(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def _same(password: str) -> str:
    # Keyboards differ in how they compose letters; the same password must stay the same.
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
