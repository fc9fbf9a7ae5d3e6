"""The native API: one module per subject, each with a router."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Every router of the native API."""
    from homeground.serve.api import (
        access,
        ask,
        audit,
        conversations,
        documents,
        feedback,
        jobs,
        models,
        people,
        reference,
        revisions,
        sources,
        status,
        uploads,
    )

    asking = (ask, conversations, feedback)
    keeping = (documents, revisions, uploads, sources, access, jobs, models)
    minding = (people, audit, status, reference)
    return [each.router for each in (*asking, *keeping, *minding)]
