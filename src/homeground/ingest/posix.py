"""Who may read a file, as the file system says it: owner, group and others of the file, and of every folder above it.

To read a file one must be let through each folder up to the file system's root. What two of them say together is worked
out as far as grants can say it, and never more is allowed than the file system allows: where it tells two groups of
people apart by both, the members that the system knows by name are allowed, one by one. A system account or group
without a name gets nothing.
"""

# ruff: noqa: PTH116, PTH120
# Names are strings here, as in walk.

from __future__ import annotations

import errno
import functools
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from homeground.catalogue import Permission
from homeground.types import EVERYONE, OWNER

_READ, _PASS = 4, 1
_ACL = "system.posix_acl_access"
_NO_ACL = (errno.ENODATA, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_OWNER, _USER, _GROUP_OWNER, _GROUP, _MASK, _OTHER = 1, 2, 4, 8, 16, 32  # tags of linux/posix_acl_xattr.h


@dataclass(frozen=True, slots=True)
class Lets:
    """Who is let in by one file or folder, or by several in a row."""

    allow: frozenset[str]
    deny: frozenset[str] = frozenset()


CLOSED = Lets(frozenset())
OPEN = Lets(frozenset({EVERYONE}))


class FilePermissions:
    """Reads permissions; what folders say is read once."""

    def __init__(self) -> None:
        self._folders: dict[str, Lets] = {}

    def of(self, real: str) -> Permission:
        """Who may read the file at this real path; the owner of the workspace always."""
        lets = both(self._folder(os.path.dirname(real)), _lets(real, _READ))
        return Permission(tuple(sorted(lets.allow | {OWNER})), tuple(sorted(lets.deny)))

    def _folder(self, path: str) -> Lets:
        """Who is let through the folder and all above it."""
        if path not in self._folders:
            above = os.path.dirname(path)
            here = _lets(path, _PASS)
            self._folders[path] = here if above == path else both(self._folder(above), here)
        return self._folders[path]


def both(one: Lets, other: Lets) -> Lets:
    """Who is let in by both."""
    allow = frozenset(grant for a in one.allow for b in other.allow for grant in _meet(a, b))
    return Lets(frozenset({EVERYONE}) if EVERYONE in allow else allow, one.deny | other.deny)


def _meet(a: str, b: str) -> Iterable[str]:
    """The grants that hold for everybody who holds both."""
    if EVERYONE in (a, b) or a == b:
        return [a if b == EVERYONE else b]
    if a.startswith("user:") and b.startswith("user:"):
        return []
    return {f"user:{name}" for name in _people(a) & _people(b)}


def _people(grant: str) -> frozenset[str]:
    kind, name = grant.split(":", 1)
    return frozenset({name}) if kind == "user" else _members(name)


# -- One file or folder ---------------------------------------------------------------------------


def _lets(path: str, wanted: int) -> Lets:
    try:
        found = os.stat(path)
        entries = list(_entries(path, found))
    except (OSError, ValueError, struct.error):
        return CLOSED
    return lets(entries, wanted)


Entry = tuple[str, str | None, int]  # user, group or other; the name, None when it has none; rwx as three bits


def lets(entries: Iterable[Entry], wanted: int) -> Lets:
    """Who gets the wanted permission by an access list. The owner and named users come before groups, and these before
    the others: so whoever is refused there is denied, though others are let in."""
    given = list(entries)
    allow = {_grant(kind, name) for kind, name, bits in given if bits & wanted}
    refused = {_grant(kind, name) for kind, name, bits in given if not bits & wanted}
    deny = {each for each in refused if each and each.startswith("user:") and allow - {each}}
    if EVERYONE in allow:
        deny |= {each for each in refused if each and each.startswith("group:")}
        return Lets(frozenset({EVERYONE}), frozenset(deny - allow))
    return Lets(frozenset(allow - {None}) - deny, frozenset(deny - allow))  # type: ignore[arg-type]


def _grant(kind: str, name: str | None) -> str | None:
    if kind == "other":
        return EVERYONE
    return f"{kind}:{name}" if name and name.strip() == name else None


def _entries(path: str, found: os.stat_result) -> Iterator[Entry]:
    packed = _access_list(path)
    if packed:
        yield from parse_acl(packed, found.st_uid, found.st_gid)
        return
    mode = stat.S_IMODE(found.st_mode)
    yield "user", _user(found.st_uid), mode >> 6 & 7
    yield "group", _group(found.st_gid), mode >> 3 & 7
    yield "other", None, mode & 7


def _access_list(path: str) -> bytes:
    """The extended access list of a file, where the file system has such a thing; OSError when it cannot be read."""
    if not hasattr(os, "getxattr"):
        return b""
    try:
        return os.getxattr(path, _ACL)
    except OSError as error:
        if error.errno in _NO_ACL:
            return b""
        raise


def parse_acl(packed: bytes, uid: int, gid: int) -> Iterator[Entry]:
    """The entries of an extended access list, with its mask applied. ValueError when it is of an unknown version."""
    (version,) = struct.unpack_from("<I", packed)
    if version != 2:
        raise ValueError(f"access list of version {version}")
    entries = [struct.unpack_from("<HHI", packed, at) for at in range(4, len(packed), 8)]
    mask = next((bits for tag, bits, _ in entries if tag == _MASK), 7)
    for tag, bits, number in entries:
        if tag == _OWNER:
            yield "user", _user(uid), bits
        elif tag == _USER:
            yield "user", _user(number), bits & mask
        elif tag == _GROUP_OWNER:
            yield "group", _group(gid), bits & mask
        elif tag == _GROUP:
            yield "group", _group(number), bits & mask
        elif tag == _OTHER:
            yield "other", None, bits


# -- Accounts -------------------------------------------------------------------------------------


@functools.lru_cache(1_000)
def _user(uid: int) -> str | None:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


@functools.lru_cache(1_000)
def _group(gid: int) -> str | None:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return None


def _members(group: str) -> frozenset[str]:
    """The people of a group that the system can name."""
    import grp
    import pwd

    try:
        found = grp.getgrnam(group)
    except KeyError:
        return frozenset()
    return frozenset(found.gr_mem) | {each.pw_name for each in pwd.getpwall() if each.pw_gid == found.gr_gid}
