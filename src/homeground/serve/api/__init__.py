"""The native API: one module per subject, each with a router."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Every router of the native API."""
    from homeground.serve.api import (
        ask,
        audit,
        conversations,
        documents,
        feedback,
        jobs,
        models,
        reference,
        sources,
        status,
        uploads,
    )

    subjects = (ask, documents, uploads, sources, jobs, models, conversations, feedback, audit, status, reference)
    return [each.router for each in subjects]
