"""What a workspace remembers of what was done in it: the audit log and what people said of answers; and forgetting."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from homeground.access import audit, entries, erasure, feedback, history
from homeground.access.entries import AuditFilter, EntryPage
from homeground.access.erasure import Erased
from homeground.access.feedback import Feedback, Verdict
from homeground.catalogue import Catalogue
from homeground.errors import DeniedError
from homeground.settings import Settings
from homeground.types import Principal


class Log:
    """The memory of one workspace. Safe to use from several threads."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._catalogue, self._settings = catalogue, settings

    def record(self, kind: str, principal: Principal, body: Mapping[str, Any]) -> None:
        """Writes an entry into the audit log. ``body`` is JSON, and must hold no secret."""
        audit.append(self._catalogue, kind, principal, body)

    def page(
        self, principal: Principal, wanted: AuditFilter | None = None, *, limit: int = 50, before: int | None = None
    ) -> EntryPage:
        """Entries, newest first: the owner sees all that fit, everybody else their own. ``before`` is ``next`` of the
        page before."""
        self.expire()
        return entries.page(self._catalogue, principal, wanted or AuditFilter(), limit=limit, before=before)

    def export(self, principal: Principal, wanted: AuditFilter | None = None) -> Iterator[audit.Entry]:
        """Every entry that ``page`` would show, newest first."""
        self.expire()
        return entries.every(self._catalogue, principal, wanted or AuditFilter())

    def erase(self, person: str, principal: Principal) -> Erased:
        """Forgets what a person asked, was shown and said; the log still verifies, and says who asked for it.

        DeniedError unless an owner asks; NotFoundError when there is nobody of this name, and nothing of theirs.
        """
        if not principal.owner:
            raise DeniedError("Only an owner of the workspace may erase what it remembers of somebody.")
        return erasure.erase_person(self._catalogue, person, principal.name)

    def expire(self) -> None:
        """Forgets what is older than the settings keep: conversations, and the bodies of audit entries."""
        history.expire(self._catalogue, self._settings.conversations.keep_days)
        erasure.expire(self._catalogue, self._settings.audit.keep_days)

    def judge(
        self, receipt: str, principal: Principal, verdict: Verdict, comment: str, places: list[tuple[str, int]]
    ) -> Feedback:
        """Keeps what the principal says of an answer of theirs; NotFoundError when they got none with this receipt.

        ``places`` are documents and pages where the answer stands; whoever calls has seen to it that they are readable.
        """
        return feedback.give(self._catalogue, principal, receipt, verdict, comment, places)

    def verdicts(self, principal: Principal, receipts: Collection[str]) -> dict[str, Verdict]:
        """What the principal said of their answers with these receipts."""
        return feedback.verdicts(self._catalogue, principal, receipts)

    def cases(self) -> Iterator[dict[str, Any]]:
        """What everybody said of answers, as lines of a questions file (see ``evaluate.cases``)."""
        return feedback.cases(feedback.everything(self._catalogue))
