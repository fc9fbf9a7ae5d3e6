"""The application: routers, middleware, and what becomes of errors."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from homeground.errors import HomegroundError
from homeground.serve import errors, login
from homeground.serve.api import routers
from homeground.serve.mcp.http import add_mcp
from homeground.serve.openai import add_openai
from homeground.serve.openapi import describe
from homeground.serve.service import Service
from homeground.serve.web import add_pages

if TYPE_CHECKING:
    from homeground.settings import ServeSettings
    from homeground.workspace import Workspace


def create_app(workspace: Workspace, settings: ServeSettings) -> FastAPI:
    """The application over an open workspace; whoever makes it closes the workspace after it has ended."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.jobs.start()
        try:
            async with mcp.running():
                yield
        finally:
            await run_in_threadpool(service.jobs.stop, settings.stop_s)

    service = Service(workspace, settings)
    app = FastAPI(title="homeground", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.service = service
    app.middleware("http")(_identified)
    _tell_errors(app)
    app.include_router(login.router)
    for router in routers():
        app.include_router(router, prefix="/api")
    describe(app)
    add_openai(app, service)
    mcp = add_mcp(app, service)
    add_pages(app)
    return app


async def _identified(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
    """Gives each request an id, which its response, its errors and the audit log carry."""
    request.state.id = secrets.token_hex(8)
    response = await call(request)
    response.headers["X-Request-Id"] = request.state.id
    return response


def _tell_errors(app: FastAPI) -> None:
    @app.exception_handler(HomegroundError)
    async def own(request: Request, error: HomegroundError) -> Response:
        return errors.told(error, request.state.id)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        wrong = [{"at": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in error.errors()]
        return errors.problem(
            422, "invalid", "The request is not as the API describes it.", request.state.id, wrong=wrong
        )

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        response = errors.problem(error.status_code, "http", str(error.detail), request.state.id)
        response.headers.update(error.headers or {})
        return response
