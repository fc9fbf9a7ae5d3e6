"""Progress of an answer: each statement is told to a client that asked for it, while the next one is made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any


def progress_of(context: Any) -> Callable[[int, str], None]:
    """What takes the number and the text of a statement, from any thread."""
    loop = asyncio.get_running_loop()

    def tell(number: int, text: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens
            asyncio.run_coroutine_threadsafe(context.session.report_progress(number, None, text), loop)

    return tell
