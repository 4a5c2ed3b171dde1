"""The server itself: its network, its health, its measures, and the key of the page."""

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from kinema.serving.answering import Here, errors
from kinema.serving.keys import COOKIE
from kinema.serving.problems import ProblemError
from kinema.serving.schemas import HealthBody, KeyAsked, ModelsBody, SessionBody

router = APIRouter(tags=["server"])


@router.get("/v1/models", response_model=ModelsBody, responses=errors())
def models(service: Here) -> Any:
    """The network that answers, its labels, and what the server accepts."""
    recognizer, limits, source = service.recognizer, service.limits, service.settings.source
    run = recognizer.run
    return {
        "models": [{"name": recognizer.network.name, "source": source, "labels": list(recognizer.labels),
                    "several_labels": recognizer.multi_label, "window_seconds": recognizer.window_seconds,
                    "engine": recognizer.engine.name, "timelines": service.localizer.method,
                    "clip": recognizer.network.clip.to_dict(), "is_run": bool(run and not run.adopted)}],
        "limits": {"upload_bytes": limits.upload_bytes, "duration_seconds": limits.duration_seconds,
                   "queue": limits.queue, "waiting": service.store.waiting()},
    }


@router.get("/v1/session", response_model=SessionBody)
def key_wanted(request: Request) -> Any:
    """Whether this caller is to show a key first; the page asks, and so comes by no error."""
    return {"key_wanted": not request.app.state.service.keys.lets_in(request)}


@router.post("/v1/session", status_code=204, responses=errors())
def session(request: Request, asked: KeyAsked) -> Response:
    """Keep a key in a cookie of the page, which cannot send it otherwise."""
    if not request.app.state.service.keys.fits(asked.key.strip()):
        raise ProblemError(401, "wrong_key", "The server does not know this key.", "Look for a space or a missing "
                           "letter.", {"WWW-Authenticate": "Bearer"})
    response = Response(status_code=204)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, asked.key.strip(), httponly=True, samesite="strict", secure=secure)
    return response


@router.get("/healthz", response_model=HealthBody)
def healthz(request: Request) -> Any:
    """Whether the server is up."""
    return {"status": "ok", "queue": request.app.state.service.store.waiting()}


@router.get("/metrics", response_class=Response, responses={**errors(), 200: {"content": {"text/plain": {}}}})
def metrics(service: Here) -> Response:
    """Measures for Prometheus."""
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)
