"""The page's own files: style, scripts, icons. Each has an address that holds its digest, so that browsers keep it."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from homeground.errors import NotFoundError

router = APIRouter(include_in_schema=False)
_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file with its digest (12 hexadecimal digits), as it is and compressed."""

    plain: bytes
    small: bytes
    digest: str
    kind: str


@cache
def assets() -> dict[str, Asset]:
    """Every file by name, read once."""
    found = {}
    for path in sorted(_FOLDER.iterdir()):
        plain = path.read_bytes()
        digest = hashlib.sha256(plain).hexdigest()[:12]
        found[path.name] = Asset(plain, gzip.compress(plain, 9, mtime=0), digest, _TYPES[path.suffix])
    return found


def address(name: str) -> str:
    """Where the page finds a file."""
    return f"/static/{assets()[name].digest}/{name}"


@router.get("/static/{digest}/{name}")
def static(digest: str, name: str, request: Request) -> Response:
    """One file. An address with another digest has gone, or is of a version to come: it is not kept."""
    asset = assets().get(name)
    if asset is None:
        raise NotFoundError("There is no such file.")
    headers = {"Cache-Control": _YEAR if digest == asset.digest else "no-store", "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset.plain, media_type=asset.kind, headers=headers)
    return Response(asset.small, media_type=asset.kind, headers=headers | {"Content-Encoding": "gzip"})


@router.get("/favicon.ico")
def favicon() -> Response:
    """For browsers that ask without looking at the page first."""
    return Response(assets()["logo.svg"].plain, media_type=_TYPES[".svg"], headers={"Cache-Control": "max-age=86400"})
