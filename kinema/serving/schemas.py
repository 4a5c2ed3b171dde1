"""What goes over the wire, as OpenAPI describes it."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False, description="of the video's own clock")]
Identity = Annotated[str, Field(min_length=1, max_length=64)]
Label = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class ProblemBody(BaseModel):
    """What went wrong: `code` for programs, `message` and `hint` (what to do) for people."""

    code: str = Field(examples=["queue_full"])
    message: str = Field(examples=["64 jobs wait or run; the queue holds 64."])
    hint: str = Field(examples=["Try again in 5 s."])
    job: str | None = Field(None, description="the job that failed, if it was one")


class ErrorBody(BaseModel):
    """The body of every answer that is an error."""

    error: ProblemBody


class Scored(BaseModel):
    """A label and its probability."""

    label: str
    score: float


class WindowBody(BaseModel):
    """A part of the video and its scores, in the order of the result's `labels`."""

    start_seconds: float
    end_seconds: float
    scores: list[float]


class SegmentBody(BaseModel):
    """A stretch of time in which one thing happens, and its mean score."""

    label: str
    start_seconds: float
    end_seconds: float
    score: float


class ResultBody(BaseModel):
    """What the network says of a video. `unknown`: it is less sure than it is of 95 % of what it gets right."""

    top: list[Scored] = Field(description="labels from the best down, averaged over the video")
    unknown: bool
    warnings: list[str] = Field(description="what is wrong with the video, in words")
    labels: list[str] = Field(description="those that score best anywhere in the video, at most 20")
    windows: list[WindowBody]
    segments: list[SegmentBody] | None = Field(None, description="of a timeline, by their start; they may overlap")
    thresholds: list[float | None] | None = Field(None, description="of a timeline: what each label's score must "
                                                  "reach; null: it is never reported")
    method: str | None = Field(None, description="of a timeline: head (trained, each label by itself) or windows")
    duration_seconds: float
    fps: float | None


class JobBody(BaseModel):
    """Something that was asked of the network. Times are seconds since 1970."""

    id: str
    kind: str = Field(description="recognize or timeline")
    state: str = Field(description="queued, running, done, failed or cancelled")
    progress: float = Field(description="from 0 to 1")
    video: str = Field(description="id of its video: /v1/videos/{id}")
    name: str
    kept: bool = Field(description="whether the video's file is still here")
    created: float
    started: float | None
    finished: float | None
    result: ResultBody | None
    error: ProblemBody | None


class ModelBody(BaseModel):
    """The network that answers."""

    name: str
    source: str
    labels: list[str]
    several_labels: bool = Field(description="whether several labels may hold at once")
    window_seconds: float
    engine: str = Field(description="of /v1/recognize; timelines are computed by torch, which has the features too")
    timelines: str = Field(description="how they are made: head (trained, each label by itself) or windows")
    clip: dict[str, Any]
    is_run: bool = Field(description="whether it can be trained again from here")


class LimitsBody(BaseModel):
    """What this server accepts."""

    upload_bytes: int
    duration_seconds: float
    queue: int
    waiting: int


class ModelsBody(BaseModel):
    """The networks, and what the server accepts."""

    models: list[ModelBody]
    limits: LimitsBody


class HealthBody(BaseModel):
    """The server is up."""

    status: str
    queue: int


class ExplainBody(BaseModel):
    """A part of a video, and the label that is looked for (none: the best one)."""

    video: Identity
    start_seconds: Seconds
    end_seconds: Seconds
    label: Label | None = None


class HeatBody(BaseModel):
    """Where the score of a label comes from: `frames` maps of `side` x `side` bytes, coded as base64.

    `box` is the part of the picture that the network sees: left, top, width, height as shares of the picture.
    """

    label: str
    score: float
    start_seconds: float
    end_seconds: float
    times_seconds: list[float]
    box: list[float]
    frames: int
    side: int
    layers: list[str]
    heat: str


class CorrectionAsked(BaseModel):
    """A part of a video and its right label; `said` is what the network said."""

    video: Identity
    start_seconds: Seconds
    end_seconds: Seconds
    label: Label
    said: Annotated[str, Field(max_length=200)] = ""


class CorrectionBody(BaseModel):
    """A correction that is kept."""

    id: str
    video: str
    name: str
    start_seconds: float
    end_seconds: float
    label: str
    said: str
    created: float
    fps: float
    clock_seconds: float = Field(description="what the video's own clock shows at its first frame")


class SuggestionBody(BaseModel):
    """A window about which the network hesitates; `margin` is the difference of its two best answers' scores.

    "Nothing" is an answer too where labels are scored each by itself, as sure as the best label is not.
    """

    video: str
    name: str
    start_seconds: float
    end_seconds: float
    margin: float
    labels: list[Scored]


class TrainingAsked(BaseModel):
    """How long to train; None: as long as the run was."""

    epochs: int | None = Field(None, ge=1, le=1000)


class TrainingBody(BaseModel):
    """A training of the run on its clips and the corrections; `validation` is its accuracy after each epoch, `before`
    the best of the run it started from.
    """

    id: str
    run: str
    state: str
    corrections: int
    progress: float
    validation: list[float]
    before: float | None
    created: float
    finished: float | None
    problem: str | None


class KeyAsked(BaseModel):
    """A key of the server's."""

    key: str = Field(max_length=500)


class SessionBody(BaseModel):
    """Whether a key is wanted."""

    key_wanted: bool
