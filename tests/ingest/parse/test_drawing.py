"""Pictures of pages from a process of their own, which no page can keep busy for long."""

from __future__ import annotations

import hashlib
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeground import abandon
from homeground.errors import NotFoundError, ReadError
from homeground.ingest import drawing
from homeground.ingest.drawing import Drawer
from homeground.ingest.render import render_page
from homeground.settings import IngestSettings

SHADING = (
    b"<< /ShadingType 3 /ColorSpace /DeviceRGB /Coords [1500 1500 0 1500 1500 3000] /Extend [true true] "
    b"/Function << /FunctionType 2 /Domain [0 1] /C0 [1 1 1] /C1 [0.9 1 1] /N 1 >> >>"
)


def endless_pdf() -> bytes:
    """A page that is covered two thousand times: less than a kilobyte, and most of an hour to draw."""
    content = zlib.compress(b"/S sh " * 2_000, 9)
    page = b"/Parent 2 0 R /MediaBox [0 0 3000 3000] /Contents 4 0 R /Resources << /Shading << /S 5 0 R >> >>"
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content) + content + b"\nendstream"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page " + page + b" >>",
        stream,
        SHADING,
    ]
    body = b"".join(b"%d 0 obj\n" % number + each + b"\nendobj\n" for number, each in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer << /Size 6 /Root 1 0 R >>\n%%EOF\n"


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    made = Drawer(IngestSettings())
    yield made
    made.close()


def put(folder: Path, name: str, data: bytes) -> tuple[Path, str]:
    path = folder / name
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def process_of(drawer: Drawer) -> int | None:
    return drawer._process.pid


def test_a_page_is_drawn_as_it_would_be_here_and_the_process_is_kept(drawer, tmp_path, make_pdf):
    path, revision = put(tmp_path, "report.pdf", make_pdf([(40, 240, "Revenue rose.")]))
    assert process_of(drawer) is None  # nothing is started before it is needed
    assert drawer.draw("report.pdf", path, revision, 1, (0, 7)) == render_page(path, revision, 1, (0, 7))
    kept = process_of(drawer)
    with pytest.raises(NotFoundError, match="no page 2: the file has 1"):
        drawer.draw("report.pdf", path, revision, 2, (0, 0))
    with pytest.raises(ReadError, match="has changed since it was read"):
        drawer.draw("report.pdf", path, "0" * 64, 1, (0, 0))
    assert process_of(drawer) == kept


def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_is_drawn(monkeypatch, tmp_path, make_pdf):
    monkeypatch.setattr(drawing, "LIMIT_S", 1)
    drawer = Drawer(IngestSettings())
    try:
        slow, revision = put(tmp_path, "slow.pdf", endless_pdf())
        with pytest.raises(ReadError, match=r"Page 1 of docs/slow\.pdf takes too long to draw"):
            drawer.draw("docs/slow.pdf", slow, revision, 1, (0, 0))
        path, revision = put(tmp_path, "report.pdf", make_pdf([(40, 240, "Revenue rose.")]))
        assert drawer.draw("report.pdf", path, revision, 1, (0, 0)).startswith(b"\x89PNG")
    finally:
        drawer.close()


def test_a_page_that_nobody_waits_for_any_more_is_given_up(drawer, monkeypatch, tmp_path):
    monkeypatch.setattr(drawing, "_GIVEN_UP_S", 0.2)
    slow, revision = put(tmp_path, "slow.pdf", endless_pdf())
    stop, began = abandon.Stop(), time.monotonic()
    threading.Timer(0.5, stop.set).start()
    with stop.watched(), pytest.raises(ReadError):
        drawer.draw("slow.pdf", slow, revision, 1, (0, 0))
    assert time.monotonic() - began < drawing.LIMIT_S
    with stop.watched(), pytest.raises(abandon.AbandonedError):
        drawer.draw("slow.pdf", slow, revision, 1, (0, 0))


def test_closing_ends_what_is_drawn(tmp_path):
    drawer = Drawer(IngestSettings())
    slow, revision = put(tmp_path, "slow.pdf", endless_pdf())
    failed: list[BaseException] = []

    def draw() -> None:
        try:
            drawer.draw("slow.pdf", slow, revision, 1, (0, 0))
        except ReadError as error:
            failed.append(error)

    thread = threading.Thread(target=draw)
    thread.start()
    while drawer._process._since is None:
        time.sleep(0.01)
    drawer.close()
    thread.join(10)
    assert failed
    assert process_of(drawer) is None
