"""The application: routers, middleware, and what becomes of errors."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from homeground.errors import HomegroundError
from homeground.serve import errors, login, scrape, sso
from homeground.serve.api import routers
from homeground.serve.api.ask import DEFECT
from homeground.serve.headers import Headers
from homeground.serve.limits import Limits
from homeground.serve.mcp.http import add_mcp
from homeground.serve.metrics import Measured
from homeground.serve.openai import add_openai
from homeground.serve.openapi import describe
from homeground.serve.service import Service
from homeground.serve.web import add_pages
from homeground.serve.work import GoneError

if TYPE_CHECKING:
    from homeground.settings import ServeSettings
    from homeground.workspace import Workspace


_log = logging.getLogger("homeground.serve")


def create_app(workspace: Workspace, settings: ServeSettings) -> FastAPI:
    """The application over an open workspace; whoever makes it closes the workspace after it has ended."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.jobs.start()
        service.readiness.warm()
        try:
            async with mcp.running():
                yield
        finally:
            service.admission.give_up()
            service.drawing.give_up()
            await run_in_threadpool(service.jobs.stop, settings.stop_s)
            await run_in_threadpool(service.readiness.stop, settings.stop_s)

    service = Service(workspace, settings)
    app = FastAPI(title="homeground", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.service = service
    _tell_errors(app)
    app.include_router(login.router)
    app.include_router(sso.router)
    app.include_router(scrape.router)
    for router in routers():
        app.include_router(router, prefix="/api")
    describe(app)
    add_openai(app, service)
    mcp = add_mcp(app, service)
    add_pages(app)
    _put_in_front(app, service)
    return app


def _put_in_front(app: FastAPI, service: Service) -> None:
    """In front of everything, errors of any kind included: an id and headers, figures, and what requests may be."""
    plain = app.build_middleware_stack

    def stack() -> ASGIApp:
        return Headers(Measured(Limits(plain(), service.settings), service.metrics))

    app.build_middleware_stack = stack  # type: ignore[method-assign]


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

    @app.exception_handler(GoneError)
    async def gone(request: Request, error: GoneError) -> Response:
        return Response(status_code=499)

    @app.exception_handler(Exception)
    async def defect(request: Request, error: Exception) -> Response:
        _log.error("Request %s failed.", request.state.id)  # the server writes the traceback
        return errors.problem(500, "defect", DEFECT, request.state.id)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        response = errors.problem(
            error.status_code, errors.code_of(error.status_code), str(error.detail), request.state.id
        )
        response.headers.update(error.headers or {})
        return response
