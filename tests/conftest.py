"""What tests of every room may ask for."""

from __future__ import annotations

import pytest

from .loopback import lift


@pytest.fixture(scope="session")
def loopback() -> None:
    """This machine's own address, for tests that serve on it."""
    lift()
