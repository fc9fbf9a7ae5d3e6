"""A generator that asks the budgets before it lets a question go to the one it wraps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from homeground.errors import HomegroundError, LockedError, RemoteError, StorageError
from homeground.models.estimate import estimate_tools
from homeground.models.generator import Finish, Generation, Generator, Message, Sampling, Usage
from homeground.models.spending import Spending
from homeground.types import ToolCall

_NOTHING = Usage(0, 0)


class Budgeted:
    """A `Generator` for one person. Each question reserves its worst case: the whole prompt, and all of ``max_tokens``.

    Afterwards it counts as what the provider reported; as nothing where it refused before it worked. An answer that
    ended before that was known (cancelled, cut, a crash) counts at its worst for the rest of the day.
    """

    def __init__(self, generator: Generator, spending: Spending, principal: str) -> None:
        self._generator, self._spending, self._principal = generator, spending, principal

    @property
    def name(self) -> str:
        """See `Generator.name`."""
        return self._generator.name

    @property
    def digest(self) -> str:
        """See `Generator.digest`."""
        return self._generator.digest

    @property
    def destination(self) -> str:
        """See `Generator.destination`."""
        return self._generator.destination

    @property
    def context_tokens(self) -> int:
        """See `Generator.context_tokens`."""
        return self._generator.context_tokens

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """See `Generator.count_tokens`."""
        return self._generator.count_tokens(messages)

    def generate(self, messages: Sequence[Message], sampling: Sampling) -> Generation:
        """See `Generator.generate`.

        Raises:
            BudgetError: when too little is left. Nothing was sent.
        """
        worst = Usage(self.count_tokens(messages) + estimate_tools(sampling.tools), sampling.max_tokens)
        entry = self._spending.reserve(self._principal, self.name, self.destination, worst)
        try:
            made = self._generator.generate(messages, sampling)
        except HomegroundError:  # it was not sent
            self._spending.settle(entry, _NOTHING)
            raise
        return _Counted(made, self._spending, entry)


class _Counted:
    """A `Generation` that settles its entry once it is known what was used."""

    def __init__(self, made: Generation, spending: Spending, entry: int) -> None:
        self._made, self._spending, self._entry = made, spending, entry
        self._settled = False

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._made
        except RemoteError as error:
            if error.charge != "unknown":
                self._settle(_NOTHING if error.charge == "nothing" else self._made.usage)
            raise
        if self._made.finish != "cancelled":
            self._settle(self._made.usage)

    @property
    def usage(self) -> Usage:
        """See `Generation.usage`."""
        return self._made.usage

    @property
    def finish(self) -> Finish:
        """See `Generation.finish`."""
        return self._made.finish

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """See `Generation.calls`."""
        return self._made.calls

    def cancel(self) -> None:
        """See `Generation.cancel`."""
        self._made.cancel()

    def _settle(self, usage: Usage) -> None:
        if self._settled:
            return
        self._settled = True
        with suppress(LockedError, StorageError):  # then the worst stays on the account; the answer is not lost for it
            self._spending.settle(self._entry, usage)
