"""The connection to a model hub: file lists and files, gone on with where they stopped.

Beside `remote.py` this is the only module that may open a connection that leaves the machine.
"""

from __future__ import annotations

import http
import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from homeground.errors import ModelError, StorageError
from homeground.models import hub

ATTEMPTS = 4  # in a row that bring nothing
PAUSE_S = 1.0  # before the second; doubled each time
TIMEOUT_S = 30.0
_CHUNK = 1 << 20
_MOST_LIST = 20_000_000  # bytes of a file list


class Hub:
    """A repository on a hub. Connections are encrypted, or stay on the machine; so are those that it redirects to."""

    def __init__(self, address: str, token: str, repo: str) -> None:
        self.hub, self.repo = address, repo
        self._token = token
        self._opener = OpenerDirector()  # not build_opener: that adds ftp:, file: and data:
        for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
            self._opener.add_handler(handler)
        self._opener.add_handler(_Redirects())

    def files(self, revision: str) -> Any:
        """The hub's JSON about a revision."""
        address = hub.list_url(self.hub, self.repo, revision)
        try:
            with self._opened(address, f"revision {revision}") as answer:
                return json.loads(_read(answer, _MOST_LIST))
        except _BrokenError as error:
            raise ModelError(
                f"{self.hub} cannot be reached: {error}. Is there a network? A proxy is named in HTTPS_PROXY, a mirror "
                "of the hub in HOMEGROUND_HUB; a model that is on this machine comes in with homeground models add"
            ) from None
        except (ValueError, RecursionError):
            raise ModelError(f"{self.hub} does not answer as a model hub does: check HOMEGROUND_HUB") from None

    def fetch(self, wanted: hub.Wanted, commit: str, part: Path, on_size: Callable[[int], None]) -> None:
        """The bytes of a file into ``part``, from where it ends. A connection that breaks is opened again."""
        fruitless, reason = 0, ""
        while (before := _size(part)) != wanted.size or not part.exists():
            if fruitless == ATTEMPTS:
                got = f"{before / 1e6:.1f} of {wanted.size / 1e6:.1f} MB of {wanted.path}"
                raise ModelError(
                    f"The connection to the hub broke after {got} ({reason}). Run the command again: it goes on"
                )
            if fruitless:
                time.sleep(PAUSE_S * 2 ** (fruitless - 1))
            try:
                self._append(wanted, commit, part, on_size)
                reason = "the answer was cut short"
            except _BrokenError as error:
                reason = str(error)
                if error.start_over:
                    part.unlink(missing_ok=True)
            fruitless = 0 if _size(part) > before else fruitless + 1

    def _append(self, wanted: hub.Wanted, commit: str, part: Path, on_size: Callable[[int], None]) -> None:
        at = _size(part)
        if at > wanted.size:
            part.unlink()
            at = 0
        address = hub.file_url(self.hub, self.repo, commit, wanted.path)
        with self._opened(address, wanted.path, {"Range": f"bytes={at}-"} if at else {}) as answer:
            goes_on = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {at}-")
            if answer.status == 206 and not goes_on:
                raise _BrokenError("another part was sent than the one asked for", start_over=True)
            at = at if goes_on else 0  # a server that knows no ranges sends the whole file again
            with _disk(part), part.open("ab" if goes_on else "wb") as file:
                while at < wanted.size and (chunk := _read(answer, min(_CHUNK, wanted.size - at))):
                    file.write(chunk)
                    at += len(chunk)
                    on_size(at)

    @contextmanager
    def _opened(self, address: str, what: str, headers: Mapping[str, str] | None = None) -> Iterator[Any]:
        request = Request(address, headers={"User-Agent": "homeground", **(headers or {})})  # noqa: S310
        if self._token:  # for this host only: addresses of storage are signed, and no one else's business
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            answer = self._opener.open(request, timeout=TIMEOUT_S)
        except HTTPError as error:
            error.close()
            if error.code >= 500 or error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise _BrokenError(f"the hub answered {error.code}", start_over=error.code < 500) from None
            said = {key.lower(): value for key, value in error.headers.items()}
            raise hub.refusal(error.code, said, self.hub, self.repo, what, signed=bool(self._token)) from None
        except (URLError, OSError, http.client.HTTPException) as error:
            raise _BrokenError(_reason(error)) from None
        with answer:
            yield answer


class _Redirects(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        if not hub.is_trusted(newurl):
            raise ModelError(
                f"The hub redirects to {urlsplit(newurl).netloc or newurl:.60} without encryption: refused"
            )
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        if request and (here.scheme, here.netloc) == (there.scheme, there.netloc):
            request.unredirected_hdrs.update(req.unredirected_hdrs)  # a renamed repository, at the same hub
        return request


class _BrokenError(ModelError):
    """A connection that broke, or did not come about. ``start_over``: what is there already is of no use."""

    def __init__(self, reason: str, *, start_over: bool = False) -> None:
        super().__init__(reason)
        self.start_over = start_over


@contextmanager
def _disk(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{part} cannot be written: {error.strerror}. Make room; the next run goes on") from None


def _read(answer: Any, size: int) -> bytes:
    try:
        found: bytes = answer.read(size)
        return found
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenError(_reason(error)) from None


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}; name your company's in SSL_CERT_FILE"
    return str(getattr(cause, "strerror", None) or cause) or type(cause).__name__


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
