"""The native API: one module per subject, each with a router."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Every router of the native API."""
    from homeground.serve.api import access, ask, people

    return [ask.router, access.router, people.router]
