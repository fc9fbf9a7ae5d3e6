"""Zip-based files (DOCX, PPTX, XLSX, ODT, EPUB): opened only after a look at what they would unpack to.

Archives inside of archives are never opened, so nesting cannot multiply. XML parts with a document type or entities are
refused: office programs never write them, and entity bombs need them.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from xml.etree import ElementTree

from homeground.errors import ReadError

_MOST_MEMBERS = 50_000
_SMALL = 64 * 2**20  # bytes; below this a high ratio does no harm
_RATIO = 150  # office files reach about 60
_CHUNK = 2**20
_FAILURES = (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, ValueError, EOFError)


class Package:
    """The parts of one zip-based file."""

    def __init__(self, data: bytes, most_mb: int) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except _FAILURES as error:
            raise _damaged(error) from None
        self.names = frozenset(self._archive.namelist())
        self._left = most_mb * 2**20
        self._check(len(data))

    def _check(self, size: int) -> None:
        members = self._archive.infolist()
        unpacked = sum(member.file_size for member in members)
        packed = sum(member.compress_size for member in members)
        if any(member.flag_bits & 1 for member in members):
            raise ReadError("it is encrypted; remove its password to have it read")
        if len(members) > _MOST_MEMBERS or packed > size or unpacked > self._left:
            raise ReadError(
                f"it looks like an archive bomb: {size / 2**20:.1f} MB that unpack to {unpacked / 2**20:.0f} MB"
            )
        if unpacked > _SMALL and unpacked > _RATIO * size:
            raise ReadError(f"it looks like an archive bomb: it unpacks to {unpacked // max(1, size)} times its size")

    def prove(self) -> None:
        """Unpack everything once without keeping it: what lies about its size is found out, damage too."""
        for name in self._archive.namelist():
            self._unpack(name, keep=False)

    def read(self, name: str) -> bytes:
        """The bytes of a part; ReadError when it is missing or damaged."""
        if name not in self.names:
            raise ReadError(f"it is damaged: its part {name} is missing")
        return self._unpack(name, keep=True)

    def _unpack(self, name: str, keep: bool) -> bytes:
        """Count what really comes out: the declared size may be a lie."""
        kept: list[bytes] = []
        try:
            with self._archive.open(name) as part:
                while chunk := part.read(_CHUNK):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise ReadError("it looks like an archive bomb: it unpacks to more than is allowed")
                    if keep:
                        kept.append(chunk)
        except RuntimeError:
            raise ReadError("it is encrypted; remove its password to have it read") from None
        except _FAILURES as error:
            raise _damaged(error) from None
        return b"".join(kept)

    def xml(self, name: str) -> ElementTree.Element:
        """The root of an XML part."""
        return parse_xml(self.read(name))

    def optional(self, name: str | None) -> ElementTree.Element | None:
        """The root of an XML part that may be missing or damaged without loss of the text."""
        if name is None or name not in self.names:
            return None
        try:
            return self.xml(name)
        except ReadError:
            return None

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relation id → (its kind, the part that it leads to) for the relations of `part`."""
        folder, name = posixpath.split(part)
        root = self.optional(f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels")
        if root is None:
            return {}
        return {
            one.get("Id", ""): (one.get("Type", "").rsplit("/", 1)[-1], _resolve(folder, one.get("Target", "")))
            for one in root
            if one.get("TargetMode") != "External"
        }


def parse_xml(data: bytes) -> ElementTree.Element:
    """Parse XML that may not define entities.

    Raises:
        ReadError: when it is not well formed, or brings a document type with entities.
    """
    head = data[:4096] if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else data[:8192].replace(b"\0", b"")
    if b"<!ENTITY" in head or (b"<!DOCTYPE" in head and b"<!ENTITY" in data):
        raise ReadError("it defines XML entities, which can hide a bomb; it is not read")
    try:
        return ElementTree.fromstring(data)  # noqa: S314 - entities are refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ReadError(f"it is damaged: not well-formed XML ({error})") from None


def _resolve(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _damaged(error: Exception) -> ReadError:
    return ReadError(f"it is damaged or cut short ({error})" if str(error) else "it is damaged or cut short")


def local(tag: object) -> str:
    """The name of an XML tag without its namespace."""
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def attribute(element: ElementTree.Element, name: str) -> str | None:
    """The value of an attribute, whatever its namespace."""
    if (value := element.get(name)) is not None:
        return value
    return next((value for key, value in element.items() if local(key) == name), None)


def core_facts(package: Package) -> dict[str, str]:
    """Title and dates from the core properties of an office file, by local name."""
    root = package.optional("docProps/core.xml")
    return {} if root is None else {local(one.tag): one.text for one in root if one.text}
