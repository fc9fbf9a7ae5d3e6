"""What a file is, by its bytes; the name only decides between kinds of text.

kind_of(data, name)   one of the kinds in ``MEDIA``, and a note when the name says something else
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePath

from homeground.errors import ReadError

MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsb": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "doc": "application/msword",
    "ppt": "application/vnd.ms-powerpoint",
    "xls": "application/vnd.ms-excel",
    "msg": "application/vnd.ms-outlook",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "epub": "application/epub+zip",
    "rtf": "application/rtf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "webp": "image/webp",
    "html": "text/html",
    "xml": "application/xml",
    "eml": "message/rfc822",
    "markdown": "text/markdown",
    "rst": "text/x-rst",
    "org": "text/x-org",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "ipynb": "application/x-ipynb+json",
    "text": "text/plain",
}
IMAGES = frozenset({"png", "jpeg", "tiff", "bmp", "gif", "webp"})

_SUFFIXES = {
    ".htm": "html", ".xhtml": "html", ".md": "markdown", ".mdx": "markdown", ".mkd": "markdown", ".rest": "rst",
    ".jsonl": "ndjson", ".txt": "text", ".log": "text", ".jpg": "jpeg", ".jpe": "jpeg", ".tif": "tiff", ".tab": "tsv",
    ".docm": "docx", ".dotx": "docx", ".dot": "doc", ".pptm": "pptx", ".ppsx": "pptx", ".pps": "ppt", ".potx": "pptx",
    ".xlsm": "xlsx", ".xltx": "xlsx", ".mht": "eml", ".mhtml": "eml", ".rss": "xml", ".atom": "xml",
}  # fmt: skip
_TEXTS = frozenset({"html", "xml", "eml", "markdown", "rst", "org", "csv", "tsv", "json", "ndjson", "ipynb", "text"})

_MAGIC = (
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
_UNREADABLE = (
    (
        rb"\x1f\x8b\x08|BZh\d1AY|\xfd7zXZ\x00|7z\xbc\xaf\x27\x1c|Rar!\x1a|\x28\xb5\x2f\xfd",
        "an archive; unpack it to have its files read",
    ),
    (
        rb"RIFF....WAVE|ID3[\x02-\x04]\x00|\xff[\xfb\xf3\xf2]|OggS\x00|fLaC\x00|FORM....AIF|....ftypM4A",
        "a sound recording, which is not read",
    ),
    (
        rb"....ftyp(?:heic|heix|mif1|heif|avif)",
        "an image in HEIC or AVIF form, which is not read; save it as PNG or JPEG",
    ),
    (rb"....ftyp|\x1a\x45\xdf\xa3|RIFF....AVI |\x00\x00\x01\xba", "a video, which is not read"),
    (rb"\x7fELF|MZ.{1,2}\x00|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|\x00asm", "a program, not a document"),
    (rb"SQLite format 3\x00", "a database, not a document"),
    (rb"%!PS", "PostScript, which is not read; save it as PDF"),
    (rb"wOFF\x00|wOF2\x00|\x00\x01\x00\x00\x00|OTTO\x00", "a font, not a document"),
)
_UNREADABLE_MAGIC = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in _UNREADABLE)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_MAIL = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){2,}")
_MAIL_SURE = re.compile(rb"^(?:MIME-Version|Received|Message-ID):", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of a file (a key of ``MEDIA``), and a note when its name says something else."""

    name: str
    note: str | None = None

    @property
    def media_type(self) -> str:
        """The media type to report."""
        return MEDIA[self.name]


def kind_of(data: bytes, name: str) -> Kind:
    """What the bytes are.

    Raises:
        ReadError: when they are something that is not read, with what it is.
    """
    suffix = PurePath(name).suffix.lower()
    promised = _SUFFIXES.get(suffix, suffix[1:] if suffix[1:] in MEDIA else None)
    found = _binary(data) or _text(data, promised)
    if found == promised or promised is None or {found, promised} <= _TEXTS - {"html", "eml"}:
        return Kind(found)
    return Kind(found, f"named {suffix}, but it is {_called(found)}; it was read as that")


def _called(kind: str) -> str:
    if kind in _TEXTS:
        return {"html": "a web page", "eml": "an e-mail message"}.get(kind, "plain text")
    return f"{'an' if kind in ('msg', 'rtf', 'xls', 'xlsx', 'odt', 'ods', 'odp', 'epub') else 'a'} {kind.upper()} file"


def _binary(data: bytes) -> str | None:
    if b"%PDF-" in data[:1024]:
        return "pdf"
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data.startswith(_OLE):
        return _ole(data)
    if data[:4] in (b"PK\3\4", b"PK\5\6"):
        return _zipped(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[:2] == b"BM" and data[6:10] == b"\0\0\0\0" and len(data) > 26:
        return "bmp"
    for pattern, words in _UNREADABLE_MAGIC:
        if pattern.match(data):
            raise ReadError(f"it is {words}")
    return None


def _ole(data: bytes) -> str:
    """Which program wrote a compound file: its streams are named for it."""
    for stream, kind in (
        ("EncryptedPackage", ""),
        ("__properties_version1.0", "msg"),
        ("WordDocument", "doc"),
        ("PowerPoint Document", "ppt"),
        ("Workbook", "xls"),
        ("Book", "xls"),
    ):
        if f"{stream}\0".encode("utf-16-le") in data:
            if not kind:
                raise ReadError("it is encrypted; remove its password to have it read")
            return kind
    raise ReadError("it is a compound file of a program that is not known here")


def _zipped(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            declared = archive.read("mimetype")[:100].decode("ascii", "replace").strip() if "mimetype" in names else ""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise ReadError(f"it is damaged or cut short: {str(error) or 'its table of contents cannot be read'}") from None
    for kind, media_type in MEDIA.items():
        if declared and declared.removesuffix("-template") == media_type:
            return kind
    for kind, part in (
        ("docx", "word/document.xml"),
        ("pptx", "ppt/presentation.xml"),
        ("xlsx", "xl/workbook.xml"),
        ("xlsb", "xl/workbook.bin"),
    ):
        if part in names:
            return kind
    for kind, folder in (("docx", "word/"), ("pptx", "ppt/"), ("xlsx", "xl/")):
        if "[Content_Types].xml" in names and any(name.startswith(folder) for name in names):
            return kind
    raise ReadError("it is an archive; unpack it to have its files read")


def _text(data: bytes, promised: str | None) -> str:
    head = data[:4096].lstrip(b"\xef\xbb\xbf")
    if promised in _TEXTS and promised not in ("text", "xml", "json"):
        return promised
    if b"\0" not in head and _HTML.match(head):
        return "html"
    if promised in ("xml", "json"):
        return promised
    if head.lstrip().startswith(b"<?xml"):
        return "xml"
    if (found := _MAIL.match(head)) and len(_MAIL_SURE.findall(found[0])) >= 1:
        return "eml"
    return "text"
