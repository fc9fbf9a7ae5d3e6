"""Seals of audit entries: salted digests that the chain covers in the place of who and what.

``seal = sha256(salt + text)``. The text is checked against it as long as the salt is there. When text and salt are
deleted, the seal stays: it fixes that there was one certain text, and lets nobody find out or confirm which.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

_SALT_BYTES = 16


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: one text for one value. TypeError for what JSON cannot hold."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def sealed(principal: str, body: str) -> dict[str, Any]:
    """The columns of a new seal."""
    who_salt, what_salt = secrets.token_hex(_SALT_BYTES), secrets.token_hex(_SALT_BYTES)
    seals = {"who": seal(who_salt, principal), "what": seal(what_salt, body)}
    return seals | {"who_salt": who_salt, "what_salt": what_salt, "late": False}


def seal(salt: str, text: str) -> str:
    """The salted digest of a text, in hex."""
    return hashlib.sha256(f"{salt}{text}".encode("utf-8", "surrogatepass")).hexdigest()


def entry_digest(values: Mapping[str, Any]) -> str:
    """The digest of a sealed entry: it covers number, time, kind, both seals, and the entry before."""
    signed = {key: values[key] for key in ("seq", "time", "kind", "who", "what", "previous")}
    return hashlib.sha256(canonical(signed).encode("ascii")).hexdigest()


def plain_digest(values: Mapping[str, Any]) -> str:
    """The digest of an entry of format 2 or older, which covers the texts themselves."""
    signed = {key: values[key] for key in ("seq", "time", "kind", "principal", "body", "previous")}
    return hashlib.sha256(canonical(signed).encode("ascii")).hexdigest()
