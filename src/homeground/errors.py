"""Every error that homeground raises on purpose. Each message says what happened, to what, and what to do.

HomegroundError                  exit code 1
├── ConfigError                  2   homeground.toml, an environment variable or an option is wrong
├── WorkspaceError               3   no workspace here, made by a newer version, or damaged
│   └── LockedError              4   another process is writing to the workspace
├── NotFoundError                5   a document, page, citation, source or model that is not there (or not readable)
├── ReadError                    6   a file or page could not be read
├── ModelError                   7   a model is missing, tampered with, or does not fit the index
│   ├── RemoteError              10  a model elsewhere did not answer, or not as it should
│   ├── BudgetError              11  a question may cost more than is left for today
│   └── EgressError              12   the egress policy does not let this leave the machine
├── StorageError                 8   the disk is full, or a folder cannot be written
├── AuditError                   9   the audit chain does not verify
└── DeniedError                  13  only an owner of the workspace may do this
"""

from __future__ import annotations

from typing import Literal

Charge = Literal["nothing", "reported", "unknown"]


class HomegroundError(Exception):
    """The root. Its message is a sentence for the person at the terminal."""

    exit_code = 1


class ConfigError(HomegroundError):
    """A setting is wrong; the message names the file, the line and the allowed values."""

    exit_code = 2


class WorkspaceError(HomegroundError):
    """There is no usable workspace at the given place."""

    exit_code = 3


class LockedError(WorkspaceError):
    """Another process holds the writer's lock; the message names it."""

    exit_code = 4


class NotFoundError(HomegroundError):
    """The thing named does not exist for this principal. Forbidden and absent read the same."""

    exit_code = 5


class ReadError(HomegroundError):
    """A file could not be read; the message gives the reason."""

    exit_code = 6


class ModelError(HomegroundError):
    """A model cannot be used."""

    exit_code = 7


class RemoteError(ModelError):
    """A model elsewhere did not answer.

    ``charge`` is what may have to be paid all the same: nothing, what the generation's usage reports, or nobody knows.
    """

    exit_code = 10

    def __init__(self, message: str, *, charge: Charge = "unknown") -> None:
        super().__init__(message)
        self.charge: Charge = charge


class BudgetError(ModelError):
    """A budget has too little left; the message names it, what is left, and when it renews. Nothing was sent."""

    exit_code = 11


class EgressError(ModelError):
    """The egress policy does not let this leave the machine; the message names the setting. Nothing was sent."""

    exit_code = 12


class StorageError(HomegroundError):
    """The disk refused a write."""

    exit_code = 8


class AuditError(HomegroundError):
    """The audit log was altered or cut."""

    exit_code = 9


class DeniedError(HomegroundError):
    """The principal may not do this; the message names nothing that it may not read."""

    exit_code = 13
