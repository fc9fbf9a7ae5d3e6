"""Where models and the cache of their digests live: the platform's own folders for a user's data and cache."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HOUSE = Path(__file__).parent / "house"


def models_folder() -> Path:
    """The user's models: ``HOMEGROUND_MODELS``, or the platform's folder for data. It need not be there yet."""
    named = os.environ.get("HOMEGROUND_MODELS")
    return Path(named).expanduser().absolute() if named else _platform("XDG_DATA_HOME", ".local/share") / "models"


def cache_folder() -> Path:
    """What may be deleted at any time: ``HOMEGROUND_CACHE``, or the platform's folder for caches."""
    named = os.environ.get("HOMEGROUND_CACHE")
    return Path(named).expanduser().absolute() if named else _platform("XDG_CACHE_HOME", ".cache")


def _platform(variable: str, below_home: str) -> Path:
    cache = "CACHE" in variable
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA") or Path("~/AppData/Local").expanduser())
        return local / "homeground" / "cache" if cache else local / "homeground"
    if sys.platform == "darwin":
        return Path("~/Library").expanduser() / ("Caches" if cache else "Application Support") / "homeground"
    stated = os.environ.get(variable, "")
    # The XDG specification: a path that is not absolute counts as not set.
    return (Path(stated) if Path(stated).is_absolute() else Path("~").expanduser() / below_home) / "homeground"
