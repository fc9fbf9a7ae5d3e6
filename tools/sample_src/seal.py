"""Make an Office file the same on every run: fixed times in the archive and in its properties."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from pathlib import Path

_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def seal(path: Path, date: datetime) -> None:
    """Rewrite the archive at `path` as if it had been made at `date`."""
    stamp = f"{date:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts:
            entry = zipfile.ZipInfo(name, date.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            if name == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>" + stamp + rb"\g<3>", content)
            if name != "docProps/thumbnail.jpeg":
                archive.writestr(entry, content)
