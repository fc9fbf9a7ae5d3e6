"""The gate between one question's answer and the generators that run elsewhere: policy, redaction, ledger.

gate.clear(destination, hits)    which passages may go there
gate.load(destination, hits)     what the next request carries: what is not said cannot be sent
gate.guard(generator)            the generator, behind redaction and ledger
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from homeground.access import ledger
from homeground.access.egress import Policy, withheld_words
from homeground.access.personal import finder
from homeground.access.recorded import Recorded
from homeground.access.redact import Redacting
from homeground.answer.gate import Cleared
from homeground.catalogue import Catalogue
from homeground.errors import EgressError
from homeground.models.generator import Generator
from homeground.types import Hit, Principal

REFUSED = "Not allowed to leave this machine: "


class EgressGate:
    """Bound to one question of one principal. ``bytes`` counts what its requests carried away. For one thread."""

    def __init__(self, policy: Policy, catalogue: Catalogue, principal: Principal, receipt: str) -> None:
        self._policy, self._catalogue = policy, catalogue
        self._principal, self._receipt = principal, receipt
        self._loaded: tuple[Hit, ...] | None = None
        self._redactions = 0
        self.bytes = 0

    def labels(self) -> dict[str, str]:
        """Source → label, as they are now."""
        default = self._policy.settings.default_label
        return {source.name: source.label or default for source in self._catalogue.sources()}

    def clear(self, destination: str, hits: Sequence[Hit]) -> Cleared:
        """The passages that may go there, and a note on the others; EgressError when nothing may go."""
        if not self._policy.leaves(destination):
            return Cleared(tuple(hits))
        self._check(destination)
        labels = self.labels()
        allowed = tuple(hit for hit in hits if self._policy.allows(destination, hit.source, labels.get(hit.source, "")))
        withheld = [hit for hit in hits if hit not in allowed]
        words = withheld_words(withheld, labels)
        if withheld and not allowed:
            raise EgressError(f"{REFUSED}none of the passages that were found may go to {destination}: {words}.")
        return Cleared(allowed, f"Withheld from {destination}: {words}." if withheld else "")

    def load(self, destination: str, hits: Sequence[Hit]) -> None:
        """Says what the next request carries; EgressError when some of it may not go."""
        if not self._policy.leaves(destination):
            return
        cleared = self.clear(destination, hits)
        if len(cleared.hits) < len(hits):
            raise EgressError(f"{REFUSED}{cleared.note}")
        self._loaded = cleared.hits

    def above(self, most: str, hits: Sequence[Hit]) -> str:
        """The passages that are more sensitive than a label, in words; empty when none is."""
        labels = self.labels()
        return withheld_words(
            [hit for hit in hits if not self._policy.at_most(labels.get(hit.source, ""), most)], labels
        )

    def guard(self, generator: Generator) -> Generator:
        """The generator, so that every request is recorded before it leaves, and redacted where the settings say so.

        One that runs on this machine stays as it is.
        """
        if not self._policy.leaves(generator.destination):
            return generator
        recorded = Recorded(generator, self._depart)
        settings = self._policy.settings
        hidden = finder(settings.redact, settings.redact_words)
        return recorded if hidden is None else Redacting(recorded, hidden, self._note_redactions)

    def _check(self, destination: str) -> None:
        if not self._policy.known(destination):
            raise EgressError(
                f"{REFUSED}no rule lets anything go to {destination}. See [[egress.rule]] in homeground.toml."
            )

    def _note_redactions(self, count: int) -> None:
        self._redactions = count

    def _depart(self, generator: Generator, payload: bytes) -> Callable[[str], None]:
        """Records the request that is about to leave; gives back what records its end."""
        loaded, redactions = self._loaded, self._redactions
        self._loaded, self._redactions = None, 0
        if loaded is None:
            raise EgressError(f"{REFUSED}nobody said what the request to {generator.destination} carries.")
        parcel = ledger.Parcel(
            destination=generator.destination,
            model=generator.name,
            sha256=hashlib.sha256(payload).hexdigest(),
            bytes=len(payload),
            passages=len(loaded),
            revisions={hit.document: hit.revision for hit in loaded},
            redactions=redactions,
            receipt=self._receipt,
        )
        seq = ledger.begin(self._catalogue, self._principal, parcel)
        self.bytes += parcel.bytes
        return lambda outcome: ledger.end(self._catalogue, self._principal, seq, outcome)
