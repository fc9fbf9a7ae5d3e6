"""What an error says to people elsewhere: without where things lie on this machine, or what runs on it."""

from __future__ import annotations

import re

from homeground.errors import (
    AuditError,
    HomegroundError,
    ModelError,
    ReadError,
    StorageError,
    WorkspaceError,
)

# Errors of the machine, not of what somebody asked for: the names of documents, which may be paths, stay whole.
_OF_THE_MACHINE = (WorkspaceError, StorageError, ModelError, ReadError, AuditError)
_OWN = re.compile(r"(?<![\w/:.])/[^\n]*?/(?=(?:\.homeground|homeground\.toml)\b)")
_HOLDER = re.compile(r"process \d+ on \S+, since [\d: -]*\d")
_PATH = re.compile(r"(?<![\w/:.~])~?/(?:[^\s/'\"`,;:()]+/)*([^\s/'\"`,;:()]*)")


def pathless(error: HomegroundError) -> str:
    """The message, with the last part of a path of this machine in its place. The server's log has it whole."""
    text = _HOLDER.sub("another process", _OWN.sub("", str(error)))
    return _PATH.sub(r"\1", text) if isinstance(error, _OF_THE_MACHINE) else text
