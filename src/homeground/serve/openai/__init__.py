"""The OpenAI protocol under /v1, so that any of its clients can ask: an application of its own, with its own errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

if TYPE_CHECKING:
    from homeground.serve.service import Service

PREFIX = "/v1"


def add_openai(app: FastAPI, service: Service) -> FastAPI:
    """Mounts the protocol, and returns what was mounted."""
    from homeground.serve.openai import chat, embeddings, errors, models, responses

    mounted = FastAPI(title="homeground, as OpenAI", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    mounted.state.service = service
    for subject in (models, chat, responses, embeddings):
        mounted.include_router(subject.router)
    errors.tell_errors(mounted)
    app.mount(PREFIX, mounted)
    return mounted
