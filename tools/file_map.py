"""Write the file map of the README anew: each room and module under src, and the first words of its docstring.

    python tools/file_map.py [--check]

The rooms of the top level keep the order in which the README has them; a new one comes last. ``--check`` only says
whether the map is as it would be written, by the exit code.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "homeground"
README = ROOT / "README.md"
WIDTH = 120
COLUMN = 22
_MAP = re.compile(r"(?<=```\n)src/homeground/\n(.*?)(?=^tests/ )", re.M | re.S)


def first_words(path: Path) -> str:
    """The first sentences of a module's docstring that fit, or as much of the first as ends at a comma or colon."""
    told = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    text = " ".join(told.split("\n\n")[0].split())
    sentences = re.split(r"(?<=[.?!])\s+(?=[A-Z`])", text)
    kept = sentences[0]
    for each in sentences[1:]:
        if len(kept) + 1 + len(each) > WIDTH:
            break
        kept += f" {each}"
    if len(kept) > WIDTH:
        kept = re.split(r"[,:;]\s+\S*$|[,:;]?\s+\S*$", kept[:WIDTH])[0]
        cut = max(kept.rfind(mark) for mark in (", ", ": ", "; ", " ("))
        kept = kept[:cut] if cut > WIDTH // 2 else kept
    return kept.rstrip(".,:;")


def lines(folder: Path, depth: int = 0) -> Iterator[str]:
    """The map of one folder and all below: rooms before modules, each by name."""
    rooms = [each for each in folder.iterdir() if (each / "__init__.py").exists()]
    ordered = sorted(rooms, key=lambda each: each.name) if depth else _as_before(rooms)
    modules = sorted(each for each in folder.glob("*.py") if each.name != "__init__.py")
    for each in modules if depth == 0 else ():
        yield _line(each.name, first_words(each), depth)
    for each in ordered:
        yield _line(f"{each.name}/", first_words(each / "__init__.py"), depth)
        yield from lines(each, depth + 1)
    for each in modules if depth else ():
        yield _line(each.name, first_words(each), depth)


def _line(name: str, words: str, depth: int) -> str:
    indent = "  " * (depth + 1)
    return f"{indent}{name:<{COLUMN - len(indent) - 1}} {words}"


def _as_before(rooms: list[Path]) -> list[Path]:
    """The rooms in the order in which the README has them."""
    known = re.findall(r"^  (\w+)/ ", README.read_text("utf-8"), re.M)
    return sorted(rooms, key=lambda each: (known.index(each.name) if each.name in known else len(known), each.name))


def main() -> int:
    """Write the map, or check it."""
    before = README.read_text("utf-8")
    package = _line("__init__.py", first_words(SOURCE / "__init__.py"), 0)
    made = "\n".join(["src/homeground/", package, *lines(SOURCE)]) + "\n"
    if not _MAP.search(before):
        raise SystemExit("README.md has no file map")
    after = _MAP.sub(lambda _: made, before)
    if "--check" in sys.argv:
        return int(after != before)
    README.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
