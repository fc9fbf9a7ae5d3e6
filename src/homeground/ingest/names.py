"""Names of files that come from elsewhere: made safe to write into a folder, in whatever script they are.

What steers a path or a terminal goes (folders, control characters, marks that turn the direction of text); what file
systems keep for themselves is replaced; what is too long is cut before its extension.
"""

from __future__ import annotations

import re
import unicodedata

from homeground.errors import ConfigError

MOST_BYTES = 200  # of UTF-8; file systems take 255, and a copy may want a suffix
_SPECIAL = re.compile(r'[<>:"|?*]')  # not allowed on Windows, and trouble in shells
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.I | re.S)
_LEFT_OUT = re.compile(r"(~\$.*|thumbs\.db|desktop\.ini)", re.I | re.S)  # what a walk never reads (see ``walk``)
_JOINERS = "\u200c\u200d"  # Persian and Indic words are written with them


def safe_name(given: str) -> str:
    """The last part of a given file name, safe to write; ConfigError when nothing of it is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    shown = "".join(char for char in last if _visible(char))
    name = _SPECIAL.sub("_", " ".join(shown.split())).lstrip(". ").rstrip(". ")
    if not name.strip("_"):
        raise ConfigError("The file has no name. Give it one, with letters or digits in it.")
    if _RESERVED.fullmatch(name) or _LEFT_OUT.fullmatch(name):
        name = f"_{name}"
    return _cut(name)


def _visible(char: str) -> bool:
    """Neither a control character nor one that only steers, half a pair, or nothing at all."""
    return char in _JOINERS or char.isspace() or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Cn")


def _cut(name: str) -> str:
    if len(name.encode()) <= MOST_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > MOST_BYTES // 4:
        stem, dot, extension = name, "", ""
    room = MOST_BYTES - len((dot + extension).encode())
    kept = stem.encode()[:room].decode(errors="ignore").rstrip(". ")
    return f"{kept}{dot}{extension}"
