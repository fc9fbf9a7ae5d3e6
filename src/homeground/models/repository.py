"""A repository of a model hub at one commit → a model in the user's models folder.

list → choose → room on the disk? → each file: go on where it stopped, compare its digest → describe → install.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from homeground.errors import LockedError, ModelError, StorageError
from homeground.models import hub
from homeground.models.add import check_space, finish, install
from homeground.models.card import ModelCard
from homeground.models.folders import models_folder
from homeground.models.pull import Hub
from homeground.models.registry import free_name

OnBytes = Callable[[int, int, str], None]  # bytes done, bytes in all, the file


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought. ``asked`` is the revision as it was asked for; the card has the commit it stands for."""

    card: ModelCard
    asked: str
    left_out: tuple[str, ...]


def pull_model(
    repo: str,
    revision: str = "main",
    name: str | None = None,
    *,
    only: Sequence[str] = (),
    most_bytes: int = 20_000_000_000,
    on_bytes: OnBytes | None = None,
) -> Pulled:
    """Get a model from the hub, at the commit that ``revision`` (a commit, tag or branch) stands for now.

    What was interrupted goes on where it was, if the files are still the same. Raises ModelError, NotFoundError or
    StorageError, in words that say what to do.
    """
    site = Hub(hub.endpoint(), hub.token(), repo)
    name = free_name(name or repo.rpartition("/")[2])
    listing = hub.listing_of(repo, site.files(revision), only)
    if listing.size > most_bytes:
        size = f"{listing.size / 1e9:.1f} GB"
        raise ModelError(
            f"{repo} has {size}: more than {most_bytes / 1e9:g}. Allow it with --max-gb, or choose with --only"
        )
    with _work(name) as work:
        _fetch_all(site, listing, work, on_bytes)
        site_name = urlsplit(site.hub).hostname
        known = listing.card | {"name": name, "origin": f"{site_name}/{repo}", "revision": listing.commit}
        finish(work / "files", known | {"left_out": list(listing.left_out)})
        card = install(work / "files", name)
    return Pulled(card, revision, listing.left_out)


def _fetch_all(site: Hub, listing: hub.Listing, work: Path, on_bytes: OnBytes | None) -> None:
    """Every wanted file into ``files``, and nothing else there."""
    files = work / "files"
    wanted = {each.path: each for each in listing.wanted}
    for path in [each for each in files.rglob("*") if each.is_file()]:
        if (entry := wanted.get(path.relative_to(files).as_posix())) is None or not entry.matches(path):
            path.unlink()
    parts = {each.path: work / f"{each.digest}.part" for each in listing.wanted}
    here = {each.path: _size(files / each.path) or _size(parts[each.path]) for each in listing.wanted}
    check_space(work, listing.size - sum(here.values()))
    done = 0
    for each in listing.wanted:
        if not (files / each.path).is_file():
            site.fetch(each, listing.commit, parts[each.path], _counted(on_bytes, done, listing.size, each.path))
            _keep(each, parts[each.path], files / each.path)
        done += each.size
    for part in work.glob("*.part"):
        part.unlink()


def _keep(wanted: hub.Wanted, part: Path, target: Path) -> None:
    if not wanted.matches(part):
        part.unlink()
        raise ModelError(
            f"{wanted.path} is not the file that the hub's list names: its digest differs. It was deleted; run the "
            "command again. If it differs again, something between here and the hub changes files"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)


def _counted(on_bytes: OnBytes | None, before: int, total: int, name: str) -> Callable[[int], None]:
    return lambda size: on_bytes(before + size, total, name) if on_bytes else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


@contextmanager
def _work(name: str) -> Iterator[Path]:
    """The folder of a pull under way, held by this process alone. It stays when something goes wrong."""
    from filelock import FileLock, Timeout

    work = models_folder() / f".pull-{name}"
    try:
        (work / "files").mkdir(parents=True, exist_ok=True)
        lock = FileLock(work / "lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(f"Another process is pulling {name}: wait for it") from None
    except OSError as error:
        raise StorageError(f"{work} cannot be written: {error.strerror}") from None
    try:
        yield work
    finally:
        lock.release()
    shutil.rmtree(work, ignore_errors=True)
