"""What a model hub says, and what of it is wanted: file lists, digests, refusals in words. Opens no connection.

The protocol is that of the Hugging Face hub: ``/api/models/REPO/revision/REVISION?blobs=true`` lists the files of a
revision with size, git id, and SHA-256 where a file lies in large file storage; ``/REPO/resolve/COMMIT/PATH`` is one.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from time import time
from typing import Any
from urllib.parse import quote, urlsplit

from homeground.errors import ConfigError, HomegroundError, ModelError, NotFoundError
from homeground.models.allowed import WEIGHTS, is_safe, sort_files
from homeground.models.describe import EMBEDDER, GENERATOR, RERANKER

DEFAULT_HUB = "https://huggingface.co"
_REPO = re.compile(r"(?!.*\.\.)[\w-][\w.-]*(/[\w-][\w.-]*)?")
_SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.\w+$)")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TASKS = {
    "text-generation": GENERATOR,
    "image-text-to-text": GENERATOR,
    "feature-extraction": EMBEDDER,
    "sentence-similarity": EMBEDDER,
    "text-ranking": RERANKER,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to get. ``digest`` is its SHA-256, or for a small file its git id: the SHA-1 of a git blob."""

    path: str
    size: int
    digest: str

    def matches(self, file: Path) -> bool:
        """Whether the file on disk has that digest."""
        if len(self.digest) == 64:
            with file.open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest() == self.digest
        content = file.read_bytes()
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
        return blob.hexdigest() == self.digest


@dataclass(frozen=True, slots=True)
class Listing:
    """A revision of a repository: its commit, the files that are wanted, those that are left out, and its card."""

    commit: str
    wanted: tuple[Wanted, ...]
    left_out: tuple[str, ...]
    card: dict[str, Any]

    @property
    def size(self) -> int:
        """The bytes of all wanted files."""
        return sum(each.size for each in self.wanted)


def listing_of(repo: str, found: Any, only: Sequence[str]) -> Listing:
    """The listing from the hub's JSON. ``only`` are patterns of which a file of weights must match one.

    Raises:
        ModelError: when the answer is not as it should be, or nothing, or too much, is wanted.
    """
    try:
        commit, siblings = str(found["sha"]), {str(each["rfilename"]): each for each in found["siblings"]}
        if not re.fullmatch(r"[0-9a-f]{40}", commit):
            raise ValueError(commit)
        sorted_files = sort_files(siblings)
        names = [name for name in sorted_files.kept if _chosen(name, only)]
        wanted = tuple(_wanted(name, siblings[name]) for name in names)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"The hub's list of the files of {repo} cannot be understood ({error!s:.80})") from None
    others = set(sorted_files.kept) - set(names)
    _check_choice(repo, wanted, only)
    return Listing(commit, wanted, tuple(sorted({*sorted_files.refused, *sorted_files.left, *others})), _card(found))


def _wanted(name: str, entry: Mapping[str, Any]) -> Wanted:
    large = entry.get("lfs")
    digest = str(large["sha256"]) if large else str(entry.get("blobId", ""))
    size = large["size"] if large else entry["size"]
    if not is_safe(name):
        raise ValueError(f"the file name {name!r} is not allowed")
    if type(size) is not int or size < 0 or not re.fullmatch(r"[0-9a-f]{64}" if large else r"[0-9a-f]{40}", digest):
        raise ValueError(f"no digest or size for {name}")
    return Wanted(name, size, digest)


def _chosen(name: str, only: Sequence[str]) -> bool:
    """Texts always; weights when there is no pattern, or one fits the path or the file's own name."""
    path = PurePosixPath(name)
    if not only or path.suffix.lower() not in WEIGHTS | {".xml", ".bin"}:
        return True
    return any(fnmatchcase(each, pattern) for pattern in only for each in (name, path.name))


def _check_choice(repo: str, wanted: Sequence[Wanted], only: Sequence[str]) -> None:
    weights = [each for each in wanted if PurePosixPath(each.path).suffix.lower() in WEIGHTS | {".xml"}]
    if not weights:
        fits = f" that fit {' '.join(only)}" if only else ""
        raise ModelError(f"{repo} holds no weights{fits}: no safetensors, no GGUF, no OpenVINO model (.xml with .bin)")
    ggufs: dict[str, int] = {}
    for each in weights:
        if each.path.endswith(".gguf"):
            whole = _SHARD.sub("-*", each.path)
            ggufs[whole] = ggufs.get(whole, 0) + each.size
    if len(ggufs) > 1:
        choices = ", ".join(f"{path} ({size / 1e9:.1f} GB)" for path, size in sorted(ggufs.items()))
        raise ModelError(f"{repo} holds one model several times; choose one with --only NAME: {choices}")


def _card(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the hub knows that the files do not say. Nothing in it is relied on: it is shown."""
    data, tensors = (value if isinstance(value := found.get(key), dict) else {} for key in ("cardData", "safetensors"))
    licence, languages, total = data.get("license"), data.get("language"), tensors.get("total")
    languages = [languages] if isinstance(languages, str) else languages
    card = {
        "licence": ", ".join(map(str, licence)) if isinstance(licence, list) else str(licence or ""),
        "languages": [str(each) for each in languages] if isinstance(languages, list) else [],
        "parameters": total if type(total) is int else 0,
        "task": _TASKS.get(str(found.get("pipeline_tag")), ""),
    }
    return {key: value for key, value in card.items() if value}


# -- Addresses ----------------------------------------------------------------------------------


def endpoint() -> str:
    """The hub: ``HOMEGROUND_HUB``, or the public one."""
    hub = os.environ.get("HOMEGROUND_HUB", "").rstrip("/") or DEFAULT_HUB
    if not is_trusted(hub) or "@" in hub:
        raise ConfigError(f"HOMEGROUND_HUB must be an https address without a password; it is {hub.rpartition('@')[2]}")
    return hub


def is_trusted(url: str) -> bool:
    """Whether a connection there is encrypted, or does not leave the machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def list_url(hub: str, repo: str, revision: str) -> str:
    """Where the file list of a revision is."""
    if not _REPO.fullmatch(repo):
        raise ConfigError(f"{repo!r} is no repository; write it as OWNER/NAME")
    return f"{hub}/api/models/{repo}/revision/{quote(revision, safe='')}?blobs=true"


def file_url(hub: str, repo: str, commit: str, path: str) -> str:
    """Where a file is."""
    return f"{hub}/{repo}/resolve/{commit}/{quote(path)}"


def token() -> str:
    """The token from ``HF_TOKEN``, or from the file that ``HF_TOKEN_PATH`` names; "" when there is none."""
    found = os.environ.get("HF_TOKEN", "").strip()
    named = os.environ.get("HF_TOKEN_PATH", "")
    if not found and named:
        path = Path(named).expanduser()
        try:
            if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise ConfigError(f"{path} holds a token and others may read it. Make it yours alone: chmod 600 {path}")
            found = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"HF_TOKEN_PATH names {path}, which cannot be read") from None
    if not re.fullmatch(r"[!-~]*", found):
        raise ConfigError("The token is no token: it holds blanks or characters that none has")
    return found


# -- Refusals -----------------------------------------------------------------------------------


def refusal(
    status: int, headers: Mapping[str, str], hub: str, repo: str, what: str, *, signed: bool
) -> HomegroundError:
    """What an error status means, and what to do. Headers in lower case; ``signed``: a token was sent."""
    kind = headers.get("x-error-code", "")
    if status == 404:
        missing = {"RevisionNotFound": "revision", "EntryNotFound": "file"}.get(kind, "repository or revision")
        return NotFoundError(f"The hub knows no such {missing}: {repo}, {what}. Look at {hub}/{repo}")
    if status in (401, 403):
        do = "Your token does not open it: use one that may read it" if signed else "Put a token of yours in HF_TOKEN"
        return ModelError(
            f"The hub does not hand out {repo} ({status}): it is gated or private, or it does not exist. "
            f"Accept its terms at {hub}/{repo}. {do}, then run the command again"
        )
    if status == 429:
        wait = _wait_s(headers)
        when = f"in {wait} s" if wait else "later"
        return ModelError(f"The hub gets too many requests from here (429). Run the command again {when}; it goes on")
    return ModelError(f"The hub answered {status} for {what} of {repo}. Run the command again later; it goes on")


def _wait_s(headers: Mapping[str, str]) -> int:
    """Seconds until a request may be made again, as the headers say; 0 when they do not."""
    after = headers.get("retry-after", "")
    if after.isdigit():
        return int(after)
    try:
        return max(1, round(parsedate_to_datetime(after).timestamp() - time()))
    except (TypeError, ValueError):
        reset = re.search(r";\s*t=(\d+)", headers.get("ratelimit", ""))
        return int(reset[1]) if reset else 0
