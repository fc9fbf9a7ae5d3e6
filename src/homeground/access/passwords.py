"""Passwords: kept as argon2id hashes, compared in the same time whether the person exists or not."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from homeground.errors import ConfigError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, MOST = 10, 1024  # characters
# A hash takes 64 MiB: so many at once, more wait.
_AT_ONCE = threading.BoundedSemaphore(2)


def hashed(password: str) -> str:
    """The hash to be kept. ConfigError when the password is too short or too long."""
    if len(password) < LEAST:
        raise ConfigError(f"A password needs at least {LEAST} characters.")
    if len(password) > MOST:
        raise ConfigError(f"A password has at most {MOST} characters.")
    with _AT_ONCE:
        return _hasher().hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password; ``kept`` None (no such person, or no password) takes as long as a wrong one."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    with _AT_ONCE:
        try:
            _hasher().verify(kept or _nobody(), password[: MOST + 1])
        except (Argon2Error, InvalidHashError):
            return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than are used now."""
    return _hasher().check_needs_rehash(kept)


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher().hash("the password of nobody")
