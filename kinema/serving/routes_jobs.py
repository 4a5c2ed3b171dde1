"""Asking the network: uploads and files of the library become jobs, which are waited for, watched or cancelled."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from kinema.serving.answering import Here, errors, job_body, job_named
from kinema.serving.problems import ProblemError
from kinema.serving.schemas import ErrorBody, JobBody
from kinema.serving.service import Service
from kinema.serving.store import CANCELLED, FAILED, OPEN, Job
from kinema.serving.uploads import Received, drain, receive

router = APIRouter(prefix="/v1", tags=["videos"])
MOST_WAIT = 60.0
ALIVE_SECONDS = 15.0  # after which a remark is sent, so that nothing between takes the connection for dead
Wait = Annotated[float, Query(ge=0, le=MOST_WAIT, allow_inf_nan=False,
                              description="seconds to wait for the result before a job is answered (202); 0: none")]
Top = Annotated[int, Query(ge=1, le=1000, description="how many labels to name")]
Threshold = Annotated[float | None, Query(gt=0, le=1, allow_inf_nan=False, description="score that each label must "
                                          "reach, in place of the run's own thresholds")]
BODY = {"requestBody": {"required": True, "content": {
    "multipart/form-data": {"schema": {"type": "object", "properties": {
        "video": {"type": "string", "format": "binary", "description": "the file"},
        "library": {"type": "string", "description": "or the name of a file of the server's library"}}}},
    "application/json": {"schema": {"type": "object", "required": ["library"], "properties": {
        "library": {"type": "string", "description": "the name of a file of the server's library"}}}}}}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"model": JobBody, "description": "The job is done; `result` has what was seen."},
    202: {"model": JobBody, "description": "The job is accepted and will be done, whatever happens to the server; "
                                           "Location says where it is."},
    **errors(400, 404, 408, 413, 415, 429, 507),
}


@router.post("/recognize", responses=RESPONSES, openapi_extra=BODY, response_model=JobBody)
async def recognize(request: Request, service: Here, wait: Wait = 10.0, top: Top = 5) -> Response:
    """Say what happens in a video: its labels from the best down, and those of each window of a long one."""
    return await ask(request, service, "recognize", wait, {"top": top})


@router.post("/timeline", responses=RESPONSES, openapi_extra=BODY, response_model=JobBody)
async def timeline(
    request: Request, service: Here, wait: Wait = 10.0, top: Top = 5, threshold: Threshold = None
) -> Response:
    """Say what happens when: scores over time, and segments, as `kinema timeline` finds them."""
    return await ask(request, service, "timeline", wait, {"top": top, "threshold": threshold})


async def ask(request: Request, service: Service, kind: str, wait: float, options: dict[str, Any]) -> Response:
    """Take in a video, write the job down, and wait for it for a while."""
    try:
        with service.place():
            received = await receive(request, service.uploads, service.limits)
            job = await run_in_threadpool(accept, service, kind, received, options)
    except ProblemError as error:
        if error.status != 408:  # nothing comes any more
            await drain(request)
        raise
    if wait:
        job = await ended(service, job, wait)
    body = await run_in_threadpool(job_body, service, job)
    if job.state == FAILED:
        return JSONResponse({"error": {**body["error"], "job": job.id}}, 500 if body["error"]["code"] == "internal"
                            else 422)
    return JSONResponse(body, 202 if job.state in OPEN else 200, headers={"Location": f"/v1/jobs/{job.id}"})


def accept(service: Service, kind: str, received: Received, options: dict[str, Any]) -> Job:
    """Write the video and the job down; an upload of which nothing is written down goes."""
    try:
        job = written(service, kind, received, options)
    except (OSError, sqlite3.OperationalError) as error:
        if received.path is not None:
            received.path.unlink(missing_ok=True)
        raise ProblemError(507, "disk", f"The job cannot be written down: {error}.",
                           "Free some space on the server.") from None
    service.crew.tell_of_work()  # not with the lock: who looks for work waits for it
    return job


def written(service: Service, kind: str, received: Received, options: dict[str, Any]) -> Job:
    """A new job and its video, in the database."""
    with service.store.lock:  # so that the video is not let go before the job is known
        if received.path is not None:
            video = service.store.add_upload(received.name, received.path, received.bytes, received.digest)
        elif name := received.fields.get("library"):
            path = service.library.find(name)
            video = service.store.add_video(path.name, path, path.stat().st_size)
        else:
            message = ("The field 'video' is text, not a file." if "video" in received.fields else
                       "The body names no video.")
            raise ProblemError(422, "no_video", message,
                               "Send a file as the field 'video' (curl -F video=@match.mp4) or a name as 'library'.")
        return service.store.add_job(kind, video.id, options)


async def ended(service: Service, job: Job, seconds: float) -> Job:
    """The job as it is when it ends, or after so many seconds."""
    with service.notices.listening(job.id) as event:
        until = time.monotonic() + seconds
        while True:
            event.clear()  # before the job is looked at, so that nothing that is told after that is missed
            job = await run_in_threadpool(job_named, service, job.id)
            if job.state not in OPEN or service.notices.over or (left := until - time.monotonic()) <= 0:
                return job
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), left)


@router.get("/jobs", response_model=list[JobBody], responses=errors())
def jobs(service: Here, limit: Annotated[int, Query(ge=1, le=200)] = 50, video: str | None = None) -> Any:
    """The newest jobs, or those about one video, without their results."""
    return [job_body(service, job) for job in service.store.jobs(limit, video)]


@router.get("/jobs/{identity}", response_model=JobBody, responses=errors(404))
def one_job(service: Here, identity: str) -> Any:
    """A job, with its result when it is done."""
    return job_body(service, job_named(service, identity))


@router.delete("/jobs/{identity}", response_model=JobBody, responses={**errors(404), 409: {
    "model": ErrorBody, "description": "The job has ended already."}})
def cancel(service: Here, identity: str) -> Any:
    """Cancel a job that waits or runs."""
    job = job_named(service, identity)
    if not service.crew.drop(identity):
        state = service.store.get(identity).state
        if state != CANCELLED:
            raise ProblemError(409, "ended", f"The job has ended: it is {state}.", "Nothing is to be cancelled.")
    return job_body(service, job_named(service, job.id))


@router.get("/jobs/{identity}/events", responses={**errors(404), 200: {
    "content": {"text/event-stream": {}}, "description": "`progress` events, then `end`; each holds the job as JSON."}},
    response_class=StreamingResponse)
async def events(service: Here, identity: str) -> StreamingResponse:
    """How a job is getting on, as server-sent events."""
    job = await run_in_threadpool(job_named, service, identity)
    return StreamingResponse(told(service, job), media_type="text/event-stream",
                             headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def told(service: Service, job: Job) -> AsyncIterator[str]:
    """The events of a job, until it ends."""
    with service.notices.listening(job.id) as event:
        while True:
            event.clear()
            job = await run_in_threadpool(job_named, service, job.id)
            body = await run_in_threadpool(job_body, service, job)
            yield f"event: {'progress' if job.state in OPEN else 'end'}\ndata: {json.dumps(body)}\n\n"
            if job.state not in OPEN:
                return
            while not service.notices.over:
                try:
                    await asyncio.wait_for(event.wait(), ALIVE_SECONDS)
                    break
                except TimeoutError:
                    yield ": still at it\n\n"
            if service.notices.over:
                return  # a browser asks again by itself
