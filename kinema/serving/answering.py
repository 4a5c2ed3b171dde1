"""What the routes have in common: the service they speak for, and errors in one form."""

from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from kinema.serving.problems import ProblemError, absent
from kinema.serving.schemas import ErrorBody
from kinema.serving.service import Service
from kinema.serving.store import FAILED, OPEN, Job, StoredVideo

SAID = {
    400: "The request cannot be read.", 401: "A key is wanted (Authorization: Bearer KEY).", 403: "Not from this page.",
    404: "There is no such thing.", 408: "The upload stopped.", 409: "Not now; the message says why.",
    413: "The upload is too large.", 415: "The body is neither a form nor JSON.",
    416: "The file does not reach so far.",
    422: "The request, or the video, cannot be used; the message says why.",
    429: "The queue is full: come back after Retry-After seconds.", 503: "Busy: come back after Retry-After seconds.",
    507: "The server's disk is full.",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These errors, and those of any request, for OpenAPI."""
    return {status: {"model": ErrorBody, "description": SAID[status]} for status in (401, 403, 422, *statuses)}


def service_of(request: Request) -> Service:
    """The service that a request is for; ProblemError where it wants a key."""
    service: Service = request.app.state.service
    if not service.keys.lets_in(request):
        raise ProblemError(401, "key_wanted", "This server wants a key.", "Send it as Authorization: Bearer KEY.",
                           {"WWW-Authenticate": "Bearer"})
    return service


Here = Annotated[Service, Depends(service_of)]


def video_named(service: Service, identity: str) -> StoredVideo:
    """The video of this id, whose file is there."""
    video = service.store.video(identity)
    if video is None:
        raise absent("video", identity, "A video's id is in its job.")
    if not video.path.is_file():
        raise ProblemError(404, "not_kept", f"The file of {video.name} is not kept any more; what was found is.",
                           "Upload it again.")
    return video


def job_named(service: Service, identity: str) -> Job:
    """The job of this id."""
    job = service.store.job(identity)
    if job is None:
        raise absent("job", identity)
    return job


def job_body(service: Service, job: Job) -> dict[str, Any]:
    """A job as a `JobBody`."""
    video = service.store.video(job.video)
    kept = video is not None and video.path.is_file()
    progress = service.notices.progress.get(job.id, 0.0) if job.state in OPEN else float(job.state != FAILED)
    return {"id": job.id, "kind": job.kind, "state": job.state, "progress": round(progress, 4), "video": job.video,
            "name": video.name if video else "", "kept": kept, "created": job.created,
            "started": job.started, "finished": job.finished, "result": job.result,
            "error": job.problem and job.problem.to_dict()}


def error_answer(error: ProblemError, **more: str) -> JSONResponse:
    """An error as its answer."""
    return JSONResponse({"error": {**error.problem.to_dict(), **more}}, error.status, headers=error.headers)
