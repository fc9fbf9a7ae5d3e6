"""Rules and removals stay with what they were said of when files and folders get other names.

A document's own rule goes with it (``catalogue.writing.rename``). Here: a folder of which nothing is left at its place
and whose documents are found under another one was renamed, and its rule goes along; and a file that was taken out and
has another name now stays out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from homeground.catalogue import KnownFile, Removal, Rule, Stamp
from homeground.ingest.plan import digest_of
from homeground.ingest.survey import Found, Survey

Rename = tuple[int, bytes, str, Stamp]
Relocated = tuple[Removal, bytes, str]


def leave_out(
    looked: Survey, removals: Sequence[Removal], known: Iterable[KnownFile]
) -> tuple[Survey, list[Relocated]]:
    """The survey without the files that were taken out, and the removals whose files have other names now."""
    if not removals:
        return looked, []
    here = {(each.source, each.path): each for each in looked.found}
    lost = [each for each in removals if (each.source, each.path) not in here and each.sha256]
    old = {(each.source, each.path) for each in known}
    relocated = list(_relocated(lost, [each for key, each in here.items() if key not in old]))
    out = {(each.source, each.path) for each in removals} | {(each.source, path) for each, path, _ in relocated}
    found = tuple(each for key, each in here.items() if key not in out)
    return replace(looked, found=found), relocated


def _relocated(lost: Sequence[Removal], new: Sequence[Found]) -> Iterable[Relocated]:
    sizes = {(each.source, each.size) for each in lost}
    by_digest = {(each.source, each.sha256): each for each in lost}
    for found in new:
        if (found.source, found.file.size) in sizes:
            removal = by_digest.pop((found.source, digest_of(found.file.full) or ""), None)
            if removal:
                yield removal, found.path, found.name


def followed(
    rules: Sequence[Rule], looked: Survey, known: Iterable[KnownFile], renames: Sequence[Rename]
) -> list[tuple[int, bytes]]:
    """The rules of folders that were renamed, each with the folder's new path."""
    folders = [each for each in rules if each.path.endswith(b"/")]
    if not folders or not renames:
        return []
    taken = {(each.source, each.path) for each in rules}
    before = {each.document: each for each in known}
    moved = [(before[document].source, before[document].path, path) for document, path, _, _ in renames]
    there = [(each.source, each.path) for each in looked.found]
    found = []
    for rule in folders:
        if not any(source == rule.source and path.startswith(rule.path) for source, path in there):
            new = _new_place(rule, moved)
            if new and (rule.source, new) not in taken:
                taken.add((rule.source, new))
                found.append((rule.id, new))
    return found


def _new_place(rule: Rule, moved: Iterable[tuple[int, bytes, bytes]]) -> bytes:
    """The folder under which most documents of the rule's folder are now; empty when there is none."""
    places: Counter[bytes] = Counter()
    for source, old, new in moved:
        tail = old[len(rule.path) :]
        if source == rule.source and old.startswith(rule.path) and new.endswith(b"/" + tail):
            places[new[: -len(tail)]] += 1
    return places.most_common(1)[0][0] if places else b""
