"""The table of commands, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from typer.exceptions import TyperException

from homeground.cli import (
    access,
    ask,
    audit,
    budget,
    chat,
    conversations,
    egress,
    look,
    mcp,
    models,
    people,
    revisions,
    search,
    serve,
    setup,
    show,
)
from homeground.errors import HomegroundError

INTERRUPTED = 130
UNEXPECTED = 70

app = typer.Typer(
    name="homeground",
    help="Answers from your own documents: checked, cited to the page, on this machine.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
app.command("init")(setup.init)
app.command("add")(setup.add)
app.command("sync")(setup.sync)
app.command("remove")(setup.remove)
app.command("restore")(setup.restore)
app.command("status")(look.status)
app.command("documents")(look.documents)
app.command("revisions")(revisions.revisions)
app.command("search")(search.search)
app.command("ask")(ask.ask)
app.command("chat")(chat.chat)
app.command("show")(show.show)
app.command("serve")(serve.serve)
app.command("mcp")(mcp.mcp)
app.command("egress")(egress.egress)
app.command("budget")(budget.budget)
app.add_typer(access.app, name="access")
app.add_typer(conversations.app, name="conversations")
app.add_typer(models.app, name="models")
app.add_typer(people.people, name="people")
app.add_typer(people.tokens, name="tokens")
app.add_typer(audit.app, name="audit")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"homeground {version('homeground')}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Answers from your own documents: checked, cited to the page, on this machine."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run() -> int:
    """Run one command and turn every ending into an exit code: 0, the error's own, 130 or 70."""
    for stream in (sys.stdout, sys.stderr):  # names and texts in any script, undecodable bytes included
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return _told(app(prog_name="homeground", standalone_mode=False) or 0)
    except HomegroundError as error:
        _say(str(error))
        return error.exit_code
    except TyperException as error:  # a wrong command or option, in typer's own sentence
        context = getattr(error, "ctx", None)
        _say(f"{error.format_message()}\nTry {context.command_path if context else 'homeground'} --help")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _told(INTERRUPTED)
    except BrokenPipeError:  # `homeground … | head`: the reader has gone, nothing more to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("HOMEGROUND_DEBUG"):
            raise
        _say(f"unexpected {type(error).__name__}: {error}")
        _say("this is a defect of homeground; HOMEGROUND_DEBUG=1 shows where")
        return UNEXPECTED


def _told(code: int) -> int:
    """The code, after a word for an interruption: typer turns Ctrl-C into a bare 130."""
    if code == INTERRUPTED:
        _say("interrupted; what was committed stays, the next run goes on")
    return code


def _say(message: str) -> None:
    sys.stderr.write(f"homeground: {message}\n")
