"""Keys of providers: from a file that only its owner can read, or from the environment. Never shown."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from homeground.errors import ConfigError
from homeground.models.remote_name import SERVER, RemoteName
from homeground.settings import RemoteSettings

VARIABLES: dict[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "azure": ("AZURE_OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    SERVER: ("HOMEGROUND_SERVER_KEY",),
}
_NO_FILE = "none"
_MOST_BYTES = 64_000
_KEY = re.compile(r"[\x21-\x7e]{1,4096}")
_LINE = re.compile(r"(?:export\s+)?([^\s=#]+)\s*=\s*(\"[^\"]*\"|'[^']*'|\S*)")


@dataclass(frozen=True, slots=True)
class Key:
    """A key, and in words where it is from. Only ``value`` tells it; nothing that is printed does."""

    value: str = field(repr=False)
    source: str


def find_key(name: RemoteName, settings: RemoteSettings) -> Key | None:
    """The key for a model: from ``key_file`` when that has one, else from the environment; None when there is none.

    Raises:
        ConfigError: when the file is open to others, is no such file, or what it holds is no key.
    """
    wanted, path = names_for(name), Path(settings.key_file).expanduser()
    if settings.key_file != _NO_FILE and not path.is_absolute():
        raise ConfigError(f"[remote] key_file = {settings.key_file!r}: write the whole path, or begin with ~")
    held = _read(path) if settings.key_file != _NO_FILE else {}
    for each in wanted:
        if value := held.get(each):
            return _checked(value, f"{each} in {path}")
    for each in wanted:
        if value := os.environ.get(each, "").strip():
            return _checked(value, f"the environment variable {each}")
    return None


def names_for(name: RemoteName) -> tuple[str, ...]:
    """What its key is called, in the file or the environment; a server's may also be called as the server is."""
    own = (name.destination,) if name.provider == SERVER else ()
    return own + VARIABLES[name.provider]


def missing_key(name: RemoteName) -> str:
    """What to do where a model's key is needed and there is none."""
    return f"put it into the environment variable {VARIABLES[name.provider][0]}, or into [remote] key_file"


def _checked(value: str, source: str) -> Key:
    if not _KEY.fullmatch(value):
        raise ConfigError(f"The key from {source} is no key: it holds blanks or characters that none has")
    return Key(value, source)


def _read(path: Path) -> dict[str, str]:
    """The keys of the file by name; blank lines and those that begin with # do not count."""
    found = {}
    for number, line in enumerate(_text(path, "The file of keys", "[remote] key_file").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not (parts := _LINE.fullmatch(line.strip())):
            raise ConfigError(f"{path}:{number}: write NAME=KEY, for example OPENAI_API_KEY=...")
        found[parts[1]] = parts[2].strip("\"'")
    return found


def secret_in(file: str, variable: str, setting: str) -> str | None:
    """The one secret that a file holds (``file`` as the setting says it, none for no file), else that of the variable.

    Raises:
        ConfigError: when the file is open to others, is no such file, or holds no secret.
    """
    if file == _NO_FILE:
        given = os.environ.get(variable, "").strip()
        return _checked(given, f"the environment variable {variable}").value if given else None
    path = Path(file).expanduser()
    if not path.is_absolute():
        raise ConfigError(f"{setting} = {file!r}: write the whole path, or begin with ~")
    return _checked(_text(path, "The secret's file", setting).strip(), str(path)).value


def _text(path: Path, what: str, setting: str) -> str:
    """The text of a secret file, checked after it was opened: what is checked is what is read."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        opened = os.open(path, flags)
        try:
            _check_owner(f"{what} {path}", os.fstat(opened), path)
            return os.read(opened, _MOST_BYTES).decode("utf-8")
        finally:
            os.close(opened)
    except UnicodeDecodeError:
        raise ConfigError(f"{what} {path} is no text") from None
    except OSError as error:
        if path.is_symlink():
            raise ConfigError(f"{what} {path} is a link: name the file itself in {setting}") from None
        raise ConfigError(f"{what} {path} cannot be read: {error.strerror}") from None


def _check_owner(named: str, found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{named} is no file")
    if os.name != "posix":  # who may read a file of Windows stands in no mode
        return
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{named} belongs to somebody else: make one of your own")
    if found.st_mode & 0o077:
        raise ConfigError(f"{named} is open to others. Make it yours alone: chmod 600 {path}")
