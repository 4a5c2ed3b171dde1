"""What people do with videos: watch them, see why, correct labels, export them, and train again."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from kinema.serving.answering import Here, errors, video_named
from kinema.serving.exports import FORMATS
from kinema.serving.problems import ProblemError, absent
from kinema.serving.ranges import RangedFile
from kinema.serving.schemas import (
    CorrectionAsked,
    CorrectionBody,
    ExplainBody,
    HeatBody,
    SuggestionBody,
    TrainingAsked,
    TrainingBody,
)

router = APIRouter(prefix="/v1", tags=["labels"])


@router.get("/videos/{identity}", responses={**errors(400, 404, 416), 200: {"content": {"video/*": {}}}},
            response_class=RangedFile)
def video(service: Here, identity: str) -> RangedFile:
    """A video's file, or the range of it that is asked for."""
    found = video_named(service, identity)
    return RangedFile(found.path, headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"})


@router.get("/library", response_model=list[str], responses=errors())
def library(service: Here) -> list[str]:
    """The names of the videos of the server's library."""
    return service.library.names()


@router.post("/explain", response_model=HeatBody, responses=errors(404, 429, 503))
def explain(service: Here, asked: ExplainBody) -> Any:
    """Where in the picture, and when, the score of a label comes from (Grad-CAM)."""
    if asked.end_seconds <= asked.start_seconds:
        raise ProblemError(422, "no_time", "The end is not after the start.", "Send a part that lasts some time.")
    return service.heater.explain(video_named(service, asked.video), asked.start_seconds, asked.end_seconds,
                                  asked.label)


@router.get("/corrections", response_model=list[CorrectionBody], responses=errors())
def corrections(service: Here, video: str | None = None) -> Any:
    """All corrections, or those of one video."""
    return [one.to_dict() for one in service.corrections.all(video)]


@router.post("/corrections", response_model=CorrectionBody, responses=errors(404), status_code=201)
def correct(service: Here, asked: CorrectionAsked) -> Any:
    """Say what a part of a video shows; a later correction of the same part takes the place of the earlier one."""
    if asked.end_seconds <= asked.start_seconds:
        raise ProblemError(422, "no_time", "The end is not after the start.", "Send a part that lasts some time.")
    found = video_named(service, asked.video)
    ends = service.corrections.end_of(found.id)
    if ends is not None and asked.start_seconds >= ends:
        raise ProblemError(422, "no_time", f"The video ends at {ends:g} s.", "Send a part that lies in it.")
    return service.corrections.add(found.id, asked.start_seconds, asked.end_seconds, asked.label.strip(),
                                   asked.said).to_dict()


@router.delete("/corrections/{identity}", status_code=204, responses=errors(404))
def take_back(service: Here, identity: str) -> Response:
    """Take a correction back."""
    if not service.corrections.remove(identity):
        raise absent("correction", identity)
    return Response(status_code=204)


@router.get("/corrections/export", responses={**errors(), 200: {
    "content": {"text/csv": {}, "application/json": {}}, "description": "The file."}}, response_class=Response)
def export(service: Here, format: Annotated[Literal["csv", "fiftyone", "labelstudio"], Query()] = "csv") -> Response:
    """All corrections as a file: a csv that `kinema train` reads, or as FiftyOne or Label Studio import them."""
    write, kind, name = FORMATS[format]
    return Response(write(service.corrections.all()), media_type=kind,
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/suggestions", response_model=list[SuggestionBody], responses=errors())
def suggestions(service: Here, limit: Annotated[int, Query(ge=1, le=100)] = 8) -> Any:
    """The windows most worth a label next: those about which the network hesitates most."""
    return service.corrections.worth_a_label(limit, service.recognizer.multi_label)


@router.get("/trainings", response_model=list[TrainingBody], responses=errors())
def trainings(service: Here) -> Any:
    """The trainings that were started here, the newest first."""
    return [training_body(one) for one in service.trainings.all()]


@router.post("/trainings", response_model=TrainingBody, responses=errors(409), status_code=202)
def train(service: Here, asked: Annotated[TrainingAsked, Body()]) -> Any:
    """Train the run again, from its weights, on its clips and the corrections; a process of its own does it."""
    return training_body(service.trainings.start(asked.epochs))


@router.get("/trainings/{identity}", response_model=TrainingBody, responses=errors(404))
def one_training(service: Here, identity: str) -> Any:
    """How a training is getting on."""
    return training_body(service.trainings.get(identity))


@router.delete("/trainings/{identity}", response_model=TrainingBody, responses=errors(404))
def stop_training(service: Here, identity: str) -> Any:
    """Stop a training."""
    return training_body(service.trainings.cancel(identity))


def training_body(training: Any) -> dict[str, Any]:
    """A training as a `TrainingBody`."""
    return {**asdict(training), "run": str(training.run)}
