"""The web page: Jinja templates and HTMX over the same workspace, as files only. Each page is one module with a router.

Every page runs as the visitor's principal, holds no script or style of its own, and loads nothing from elsewhere.
"""

from __future__ import annotations

from fastapi import FastAPI


def add_pages(app: FastAPI) -> None:
    """Adds every page to the application, and pages for what goes wrong in front of its error handlers."""
    from homeground.serve.web import (
        account,
        ask,
        audit,
        conversations,
        documents,
        errors,
        jobs,
        login,
        models,
        people,
        revisions,
        sources,
        static,
        status,
        viewer,
        words,
    )

    minding = (models, people, account, audit, status, login, static, words)
    for subject in (ask, conversations, viewer, documents, sources, revisions, jobs, *minding):
        app.include_router(subject.router)
    errors.tell_people(app)
