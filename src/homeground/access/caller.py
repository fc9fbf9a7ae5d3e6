"""Who is at the other end of a request: a principal, and what they may do beside reading.

What may be *read* follows from the principal's grants alone. A permission says what may be *done*: ``read`` asks,
searches and opens pages; ``write`` uploads, deletes and syncs; ``admin`` sees to people, access, models and the audit
log. A role is a name for a set of permissions; a token may hold fewer than the role of its person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from homeground.types import Principal

Permission = Literal["read", "write", "admin"]
Role = Literal["reader", "editor", "owner"]
Via = Literal["local", "session", "token"]

ROLES: dict[Role, frozenset[Permission]] = {
    "reader": frozenset({"read"}),
    "editor": frozenset({"read", "write"}),
    "owner": frozenset({"read", "write", "admin"}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. ``via`` is how they proved it; ``credential`` names the session or token, without it."""

    principal: Principal
    role: Role
    permissions: frozenset[Permission]
    via: Via
    credential: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether this caller may do such things."""
        return permission in self.permissions

    @property
    def acting(self) -> Principal:
        """As whom the caller sees what only owners see: an owner whose token may not administer sees none of it.

        It is for nothing that is read, since it lacks the grant ``owner``.
        """
        return replace(self.principal, owner=self.may("admin"))
