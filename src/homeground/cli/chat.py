"""`homeground chat`: questions one after the other, each understood after the ones before."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.ask import ModeOption, Shown
from homeground.cli.options import (
    AsOption,
    SourceOption,
    WorkspaceOption,
    filter_of,
    notes,
    opened,
    out,
    principal_of,
)
from homeground.errors import HomegroundError

if TYPE_CHECKING:
    from homeground.types import Principal, SearchFilter
    from homeground.workspace import Workspace

_PROMPT = "> "


def chat(
    go_on: Annotated[bool, typer.Option("--continue", "-c", help="Go on with your last conversation.")] = False,
    conversation: Annotated[str | None, typer.Option(metavar="ID", help="Go on with this conversation.")] = None,
    source: SourceOption = None,
    mode: ModeOption = None,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask one question after the other. Ctrl-D ends, Ctrl-C cancels an answer."""
    from homeground.access.history import resume

    space = opened(workspace)
    principal = principal_of(as_who, space)
    which = conversation or ("last" if go_on else "new")
    if identity := resume(space.catalogue, principal, which, space.settings.conversations.keep_days):
        which = space.conversation(identity, principal).id
    notes().print("Ask. Ctrl-D ends, Ctrl-C cancels an answer.", style="dim")
    _Chat(space, principal, filter_of(source, None, None), mode, which).run()


class _Chat:
    """One conversation at the terminal."""

    def __init__(
        self, space: Workspace, principal: Principal, within: SearchFilter, mode: str | None, which: str
    ) -> None:
        self._space, self._principal, self._within, self._mode = space, principal, within, mode
        self._which = which

    def run(self) -> None:
        """Until the input ends, or Ctrl-C at the prompt."""
        while line := self._line():
            if line.strip():
                self._answer(line.strip())
        notes().print()

    def _line(self) -> str:
        """The next line with its line break; empty at the end."""
        if sys.stdin.isatty():
            sys.stderr.write(_PROMPT)
            sys.stderr.flush()
        return sys.stdin.readline()

    def _answer(self, question: str) -> None:
        """An answer that fails or is cancelled ends the answer, not the conversation."""
        shown = Shown(out())
        try:
            answer = self._space.ask(
                question,
                self._principal,
                within=self._within,
                mode=self._mode,
                on_statement=shown.statement,
                conversation=self._which,
                on_understood=shown.understood,
            )
        except KeyboardInterrupt:
            notes().print("\ncancelled; nothing of it is kept", style="yellow")
            return
        except HomegroundError as error:
            notes().print(f"homeground: {error}", style="red")
            return
        self._which = answer.conversation or self._which
        shown.rest(answer)
