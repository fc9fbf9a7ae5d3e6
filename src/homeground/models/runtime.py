"""The OpenVINO libraries, imported when they are first needed, and without their telemetry.

Importing openvino sends an event to Google Analytics and writes an id to ~/intel, without asking. None in sys.modules
makes its import of openvino_telemetry fail; it then takes a stub of its own, which does nothing.
"""

from __future__ import annotations

import sys
from typing import Any


def openvino() -> Any:
    """The inference engine."""
    _silence()
    import openvino as module

    return module


def openvino_genai() -> Any:
    """The generation engine on top of it."""
    _silence()
    import openvino_genai as module

    return module


def _silence() -> None:
    if "openvino" not in sys.modules:
        modules: dict[str, Any] = sys.modules
        modules["openvino_telemetry"] = None
