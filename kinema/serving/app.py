"""The application: routes, the page, errors in one form, and a start and an end in good order."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import HTTPException as TooLarge
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import kinema
from kinema.serving import routes_jobs, routes_people, routes_server
from kinema.serving.answering import error_answer
from kinema.serving.metrics import Metrics
from kinema.serving.problems import ProblemError
from kinema.serving.service import Service

PAGE = Path(__file__).parent / "page"
SAFE = ("GET", "HEAD", "OPTIONS")
METHODS = (*SAFE, "POST", "DELETE", "PUT", "PATCH")
UPLOADS = tuple(f"/v1/{kind}" for kind in ("recognize", "timeline"))  # which look at what comes themselves
MOST_BODY = 1 << 16  # bytes of any other request: they are in memory before anybody asks for a key
POLICY = ("default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
          "base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
ABOUT = """Say what happens in videos. Send a file to `/v1/recognize` or `/v1/timeline`: what is done within `wait`
seconds is the answer (200), the rest is a job (202), whose progress is told by server-sent events. An accepted job is
done even if the server is killed meanwhile. Every error has the same form: `{"error": {code, message, hint}}`."""


def application(service: Service) -> FastAPI:
    """The application of a service, which it starts and stops."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(service.start)
        yield
        await run_in_threadpool(service.stop)

    app = FastAPI(title="kinema", version=kinema.__version__, description=ABOUT, lifespan=life, docs_url=None,
                  redoc_url=None)
    app.state.service = service
    app.add_middleware(Watched, metrics=service.metrics)
    app.exception_handler(ProblemError)(problem)
    app.exception_handler(RequestValidationError)(invalid)
    app.exception_handler(HTTPException)(unknown)
    app.exception_handler(Exception)(fault)
    for routes in (routes_jobs, routes_people, routes_server):
        app.include_router(routes.router)
    app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)(page)
    app.mount("/page", StaticFiles(directory=PAGE))
    return app


async def page() -> Response:
    """The page for people."""
    return FileResponse(PAGE / "index.html", headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})


class Watched:
    """Counts and times requests; refuses bodies that nobody wants, and what a page of another host lets a browser send.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request, began, status, came = Request(scope), time.perf_counter(), 500, 0

        async def sent(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        async def received() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > MOST_BODY and scope["path"] not in UPLOADS:
                raise TooLarge(413, f"the body is larger than {MOST_BODY} bytes")
            return message

        origin = request.headers.get("origin")
        try:
            if origin and request.method not in SAFE and not is_own(origin, request):
                refused = ProblemError(403, "other_page", f"Requests from {origin} are not taken.",
                                       "Send them from a program, or from the server's own page; a proxy before it "
                                       "must pass on Host, or X-Forwarded-Host.")
                await error_answer(refused)(scope, receive, sent)
            else:
                await self.app(scope, received, sent)
        finally:
            path = getattr(scope.get("route"), "path", "other")
            method = request.method if request.method in METHODS else "other"
            self.metrics.requests.labels(method, path, status).inc()
            self.metrics.seconds.labels(path).observe(time.perf_counter() - began)


def is_own(origin: str, request: Request) -> bool:
    """Whether a page of this server sends this, as a browser says; none lets another page set these headers.

    A proxy may have put another Host in the place of the one that the browser knows.
    """
    hosts = [host.strip() for name in ("host", "x-forwarded-host")
             for host in request.headers.get(name, "").split(",") if host.strip()]
    return request.headers.get("sec-fetch-site") == "same-origin" or origin.partition("://")[2] in hosts


async def problem(request: Request, error: Exception) -> Response:
    """An error that was foreseen."""
    assert isinstance(error, ProblemError)
    return error_answer(error)


async def invalid(request: Request, error: Exception) -> Response:
    """A request that does not fit its description."""
    assert isinstance(error, RequestValidationError)
    told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]]
    words = "; ".join(told) + "."
    return error_answer(ProblemError(422, "invalid", words, "/openapi.json describes what is expected."))


async def unknown(request: Request, error: Exception) -> Response:
    """A path or a method that there is none of."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method", 413: "too_large"}.get(error.status_code, "http")
    return error_answer(ProblemError(error.status_code, code, f"{request.method} {request.url.path}: {error.detail}.",
                                     "/openapi.json lists what there is.", dict(error.headers or {})))


async def fault(request: Request, error: Exception) -> Response:
    """What nobody foresaw."""
    logging.getLogger("kinema.serving").error("%s %s", request.method, request.url.path, exc_info=error)
    return error_answer(ProblemError(500, "internal", "The server made a mistake.", "Its log says which."))
