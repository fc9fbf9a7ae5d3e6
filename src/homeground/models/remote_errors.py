"""What went wrong with a model elsewhere → one clear sentence, and whether another try may help.

Texts of providers are quoted only where they say what to change, shortened, on one line, and without the key.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from homeground.models.keys import Key, missing_key
from homeground.models.remote_client import RedirectedError
from homeground.models.remote_name import SERVER, RemoteName

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
_MOST_SHOWN = 200  # characters of a provider's own words
_FILTERED = ("content_filter", "content_policy_violation", "content policy", "safety system", "blocked the prompt")
_TOO_LONG = ("context length", "context window", "too long", "input token count", "maximum number of tokens")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no answer. ``after_s`` is the wait that the provider asked for; None when it did not.

    ``charged``: the provider may have worked on it.
    """

    words: str
    again: bool = False
    after_s: float | None = None
    charged: bool = False

    def wait_s(self, attempt: int) -> float:
        """How long to wait before the next try, the first being 1; infinite when the provider wants too much.

        Doubles each time, with up to half of it left out at random so that many clients do not come back at once.
        """
        if self.after_s is not None:
            return self.after_s if self.after_s <= _LONGEST_WAIT_S else math.inf
        whole = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** (attempt - 1))
        return whole * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def problem_of(error: Exception, name: RemoteName, key: Key | None) -> Problem:
    """What an exception of pydantic-ai or below it means."""
    from pydantic_ai import exceptions as ai

    for each in _chain(error):
        if isinstance(each, RedirectedError):
            return _redirected(name, each.place)
    if isinstance(error, ai.ModelConnectionError):
        return _connection(error, name)
    if isinstance(error, ai.ModelAPIError):
        return _refused(error, name, key)
    return Problem(f"{name.given}: {name.destination} answered something that is not understood.", charged=True)


def _redirected(name: RemoteName, place: str) -> Problem:
    return Problem(
        f"{name.given}: {name.destination} sends elsewhere ({_clean(place, None)}), and homeground does not follow. "
        "If that is right, put the address into [remote] addresses, or into the name of the server."
    )


# -- Answers with an error ------------------------------------------------------------------------


def _refused(error: Any, name: RemoteName, key: Key | None) -> Problem:
    from pydantic_ai import exceptions as ai

    who, at, text = name.given, name.destination, _words(error)
    status = getattr(error, "status_code", None)
    wait, charged = error.retry_after, bool(error.in_stream)  # a provider that fails or is busy asks nothing for it
    if isinstance(error, ai.ModelContextWindowExceededError) or (status in (400, 413) and _says(text, _TOO_LONG)):
        return Problem(
            f"{who}: the prompt is longer than the model takes. Set its real window: context_tokens in [remote].",
            charged=charged,
        )
    if status in (400, 403) and _says(f"{error.provider_error_code} {text}", _FILTERED):
        return filtered(name, charged=charged)
    if isinstance(error, ai.ModelAuthenticationError):
        return Problem(f"{who}: {_key_words(at, name, key, forbidden=status == 403)}.")
    if isinstance(error, ai.ModelNotFoundError):
        close = getattr(error, "suggested_model_id", None)
        hint = f"; did you mean {close}?" if close else "."
        return Problem(f"{who}: {at} has no model {name.model!r} for you: look at [models] answer, and [remote]{hint}")
    if isinstance(error, ai.ModelQuotaExceededError):
        return Problem(f"{who}: the account at {at} has no credit left, or has reached its limit there.")
    if isinstance(error, ai.ModelRateLimitError):
        return Problem(f"{who}: {at} has had too many requests{_later(wait)}.", True, wait)
    if isinstance(error, ai.ModelUnavailableError | ai.ModelServerError) or status in (408, 409, 425):
        code = f" (status {status})" if status else ""
        return Problem(f"{who}: {at} fails at the moment{code}{_later(wait)}.", True, wait)
    if isinstance(error, ai.ModelRequestRejectedError):
        return Problem(f"{who}: {at} refused the request: {_clean(text, key)}", charged=charged)
    if "finish_reason" in str(error):
        return cut(name)
    return Problem(f"{who}: {at} answered something that is not understood.", charged=True)


def _key_words(at: str, name: RemoteName, key: Key | None, *, forbidden: bool) -> str:
    if key is None:
        return f"{at} wants a key: {missing_key(name)}"
    return f"{at} does not let your key do this" if forbidden else f"{at} does not accept the key from {key.source}"


def _words(error: Any) -> str:
    """The provider's own words, wherever its error body has them."""
    body = error.body
    for _ in range(3):
        if isinstance(body, list) and body:
            body = body[0]
        if isinstance(body, dict) and isinstance(body.get("error"), dict | list):
            body = body["error"]
    if isinstance(body, dict):
        found = body.get("message") or body.get("detail") or ""
        return str(found)
    return str(body or "")


def _later(wait: float | None) -> str:
    return f"; it asks to wait {math.ceil(wait)} s" if wait else ""


def _says(text: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in text.casefold() for phrase in phrases)


def _clean(text: str, key: Key | None) -> str:
    """A stranger's words as they may be shown: one line, printable, short, and without the key."""
    shown = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if key is not None:
        shown = shown.replace(key.value, "[key]")
    shown = re.sub(r"\b(sk|key|AIza|Bearer)[-_ ][\w*.-]{6,}", "[key]", shown)  # as providers quote keys, half hidden
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[: _MOST_SHOWN - 1]}…"


# -- No answer at all -----------------------------------------------------------------------------


def _connection(error: Any, name: RemoteName) -> Problem:
    """A failure below HTTP. Before the request was out nothing can be charged, and another try costs nothing."""
    at, chain = f"{name.given}: {name.destination}", list(_chain(error))
    unsent = error.phase in ("pool", "connect")
    kinds = {kind.__name__ for each in chain for kind in type(each).__mro__}
    if "SSLError" in kinds or "CERTIFICATE_VERIFY" in str(error):
        return Problem(f"{at} has no certificate that is trusted here. SSL_CERT_FILE names other authorities.")
    if "gaierror" in kinds or _says(str(chain), ("name or service", "getaddrinfo")):
        return Problem(f"{at} has no address: the name is wrong, or there is no network.", again=unsent)
    if type(error).__name__ == "ModelTimeoutError":
        what = "cannot be reached: no connection in connect_s" if unsent else "did not answer in time"
        return Problem(f"{at} {what} ([remote]).", again=unsent, charged=not unsent)
    if unsent:
        started = ": is the server started?" if name.provider == SERVER else "."
        return Problem(f"{at} cannot be reached{started}", again=True)
    return cut(name)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


# -- Answers that are none ------------------------------------------------------------------------


def cut(name: RemoteName) -> Problem:
    """The connection broke before the answer was whole."""
    return Problem(f"{name.given}: the connection to {name.destination} broke off in the middle.", charged=True)


def closed(name: RemoteName) -> Problem:
    """The generator was closed before the answer was whole."""
    return Problem(f"{name.given} was closed while it was answering.", charged=True)


def filtered(name: RemoteName, *, charged: bool = True) -> Problem:
    """The provider or the model will not answer this."""
    return Problem(f"{name.given}: {name.destination} refused to answer because of the content.", charged=charged)


def late(name: RemoteName, what: str, setting: str, seconds: float) -> Problem:
    """A time-out of ours passed: ``what`` did not come."""
    return Problem(
        f"{name.given}: {what} from {name.destination} in {seconds:g} s ({setting} in [remote]).", charged=True
    )


def nothing(name: RemoteName, finish: str | None) -> Problem:
    """An answer without a word in it."""
    if finish == "length":
        said = "used up max_tokens in [answer] before it wrote a word: it may have spent them on thinking"
    elif finish == "tool_call":
        said = "asked for a tool, and none was offered"
    else:
        said = "answered without a word"
    return Problem(f"{name.given} {said}.", charged=True)
