"""What may leave this machine: which passages may go to which destination. Without a rule nothing may.

A passage goes when one rule names its destination and its source, and goes at least as far as the source's label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from homeground.errors import ConfigError
from homeground.models.destination import split, stays_here
from homeground.settings import EgressRule, EgressSettings
from homeground.types import Hit


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of the settings."""

    settings: EgressSettings
    rules: tuple[EgressRule, ...] = ()

    def leaves(self, destination: str) -> bool:
        """Whether what goes there counts as leaving this machine."""
        return bool(destination) and not (self.settings.trust_loopback and stays_here(destination))

    def known(self, destination: str) -> bool:
        """Whether a rule names the destination: then questions may go there."""
        return any(_named(destination, rule.to) for rule in self.rules)

    def allows(self, destination: str, source: str, label: str) -> bool:
        """Whether a passage of this source may go there. A label that the settings do not know goes nowhere."""
        return any(
            _named(destination, rule.to)
            and any(fnmatchcase(source, pattern) for pattern in rule.sources)
            and self.at_most(label, rule.most)
            for rule in self.rules
        )

    def at_most(self, label: str, most: str) -> bool:
        """Whether ``label`` is no more sensitive than ``most``."""
        labels = self.settings.labels
        return label in labels and most in labels and labels.index(label) <= labels.index(most)


def check_label(label: str, settings: EgressSettings) -> None:
    """ConfigError when the settings know no such label."""
    if label not in settings.labels:
        raise ConfigError(f"{label!r} is not one of the labels: {', '.join(settings.labels)} (see [egress] labels)")


def withheld_words(hits: Sequence[Hit], labels: Mapping[str, str]) -> str:
    """Which passages were withheld, by source: "2 passages of handbook (internal), 1 passage of hr (secret)"."""
    counts = Counter(hit.source for hit in hits)
    return ", ".join(
        f"{count} passage{'s' if count > 1 else ''} of {source} ({labels.get(source) or 'gone'})"
        for source, count in counts.items()
    )


def _named(destination: str, patterns: Collection[str]) -> bool:
    return any(_matches(destination, pattern) for pattern in patterns)


def _matches(destination: str, pattern: str) -> bool:
    """A pattern without a port means every port of the host."""
    host, port = split(destination)
    wanted, at = split(pattern)
    return fnmatchcase(host, wanted) and (not at or fnmatchcase(port, at))
