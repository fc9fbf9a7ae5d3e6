"""Which files a model may consist of: weights that are only numbers, and the texts beside them. No pickle, no code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from homeground.models.manifest import CARD, MANIFEST

TEXTS = frozenset({".json", ".txt", ".jinja", ".model"})  # .model: SentencePiece
WEIGHTS = frozenset({".safetensors", ".gguf"})
PICKLES = frozenset({".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".bin", ".npy", ".npz", ".h5", ".keras"})
CODE = frozenset({".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".exe", ".sh", ".bat", ".ps1", ".jar", ".whl"})
_PAPERS = re.compile(r"(README|LICEN[CS]E|NOTICE|COPYING|USE_POLICY)([._-][\w.-]*)?", re.I)
_PART = re.compile(r"[^\x00-\x1f\x7f\\/:*?\"<>|]{1,200}")
# What Windows takes for a device, whatever its suffix.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.I)
_TORCH = (b"PK\x03\x04", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9")  # torch.save: a zip of pickles; before 1.6 bare pickles


@dataclass(frozen=True, slots=True)
class Sorted:
    """The files of a model by name: those it may have, pickles and code, and what it does without."""

    kept: tuple[str, ...]
    refused: tuple[str, ...]
    left: tuple[str, ...]


def sort_files(names: Iterable[str]) -> Sorted:
    """Sort the files of a folder or repository, named from its top with ``/``. Hidden ones are not told of."""
    shown = sorted(name for name in names if not any(part.startswith(".") for part in name.split("/") if part != ".."))
    present = set(shown)
    kept = [name for name in shown if _allowed(name, present)]
    others = [name for name in shown if name not in set(kept)]
    refused = [name for name in others if PurePosixPath(name).suffix.lower() in PICKLES | CODE]
    return Sorted(tuple(kept), tuple(refused), tuple(name for name in others if name not in set(refused)))


def is_safe(name: str) -> bool:
    """Whether a file of that name lands inside of its folder, on any system."""
    parts = name.split("/")
    return all(
        _PART.fullmatch(part) and not part.startswith("..") and not part.endswith((".", " ")) and not _is_device(part)
        for part in parts
    )


def check_content(path: Path) -> str | None:
    """What is wrong with a file of weights, in words: its content is not what its name says. None when nothing is."""
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(_TORCH):
        return "it holds pickled objects, which can run code when they are read"
    if suffix == ".gguf" and not head.startswith(b"GGUF"):
        return "it is no GGUF file"
    if suffix == ".xml" and b"<net" not in head:
        return "it is no OpenVINO model"
    if suffix == ".safetensors" and not (len(head) > 8 and head[8:9] == b"{"):
        return "it is no safetensors file"
    return None


def _allowed(name: str, present: set[str]) -> bool:
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if name in (CARD, MANIFEST):
        return False
    if suffix in (".xml", ".bin"):  # both, or neither: the two halves of an OpenVINO model
        return {str(path.with_suffix(".xml")), str(path.with_suffix(".bin"))} <= present
    return suffix in TEXTS | WEIGHTS or bool(_PAPERS.fullmatch(path.name))


def _is_device(part: str) -> bool:
    return bool(_DEVICE.fullmatch(part))
