"""The command line: each command parses its options, calls one function of Workspace, and shows what came back.

main.py      the table of commands, errors to exit codes
options.py   the options that commands share; the console
setup.py     init, add, sync, remove
look.py      status, documents
search.py    search
ask.py       ask
chat.py      chat
conversations.py   conversations list, show, export, erase
show.py      show
models.py    models list, show, verify, use, remove, fit
fetch.py     models pull, add
audit.py     audit list, verify
"""

from __future__ import annotations


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    from homeground.cli.main import run

    raise SystemExit(run())


__all__ = ["main"]
