"""An evaluation: what was measured on which clips, and its two files in the run's folder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kinema.data.clips import ClipTable, read_table
from kinema.errors import RunError
from kinema.evaluation.by_clips import accuracy_by_clips
from kinema.evaluation.calibration import Calibration, confidences, ece
from kinema.evaluation.intervals import Estimate
from kinema.evaluation.metrics import Metrics, metrics
from kinema.evaluation.predictions import Predictions
from kinema.evaluation.protocols import Protocol
from kinema.files import write_atomic, write_json
from kinema.models.clip import ClipSpec
from kinema.runs import Run


@dataclass(frozen=True)
class Evaluated:
    """What was judged and how: a trained network (`which` of a run's weights) on the clips of `data`.

    views: (clips, crops) of each video. gmacs: of one view, in billions of multiply-adds. seconds: how long it took.
    asked: the options of `kinema evaluate` that ask for it again. seen: how many of the clips the network was trained
    on, which makes the result say little about others. `broken` lists the path and problem of each clip that
    could not be read and counts nowhere, `partly` those of which only a part could be read. `average` is what of
    the views was averaged, `clip` what the network was shown. flow_seconds: how long the optical flow of one clip
    takes on the machine that judged, which no multiply-add counts.
    """

    run: Path
    model: str
    which: str
    data: str
    views: tuple[int, int]
    gmacs: float
    parameters: int
    seconds: float
    asked: str = ""
    seen: int = 0
    broken: tuple[tuple[str, str], ...] = ()
    partly: tuple[tuple[str, str], ...] = ()
    average: str = "probabilities"
    clip: ClipSpec | None = None
    flow_seconds: float = 0.0

    @property
    def protocol(self) -> Protocol:
        """How each video was judged; of its clips what is not as in training."""
        trained = Run.open(self.run).recipe.clip
        return Protocol.of(self.views, self.average, self.clip or trained, trained)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "run": str(self.run), "model": self.model, "which": self.which, "data": self.data,
            "views": self.views[0] * self.views[1], "clips_per_video": self.views[0], "crops_per_clip": self.views[1],
            "gmacs_per_view": self.gmacs, "gmacs": self.gmacs * self.views[0] * self.views[1],
            "flow_seconds_per_clip": self.flow_seconds, "flow_seconds": self.flow_seconds * self.views[0],
            "parameters": self.parameters, "seconds": round(self.seconds, 2), "asked": self.asked,
            "trained_on": self.seen, "average": self.average, "clip": self.clip and self.clip.to_dict(),
            "broken": [{"path": path, "problem": problem} for path, problem in self.broken],
            "partly_read": [{"path": path, "problem": problem} for path, problem in self.partly],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Evaluated":
        """The inverse of `to_dict`."""
        def problems(name: str) -> tuple[tuple[str, str], ...]:
            return tuple((entry["path"], entry["problem"]) for entry in values[name])

        views = values["clips_per_video"], values["crops_per_clip"]
        return cls(Path(values["run"]), values["model"], values["which"], values["data"], views,
                   values["gmacs_per_view"], values["parameters"], values["seconds"], values["asked"],
                   values["trained_on"], problems("broken"), problems("partly_read"),
                   values.get("average", "probabilities"),
                   ClipSpec.from_dict(values["clip"]) if values.get("clip") else None,
                   values.get("flow_seconds_per_clip", 0.0))


@dataclass(frozen=True)
class Evaluation:
    """The result of `kinema.evaluate`: `top1`, `top5`, `mean_class`, their `intervals`, and all they rest on.

    `table` holds the clips that were judged, in the order of `predictions`. With one label a clip `mean_ap` is None;
    with several `mean_class` is.
    """

    name: str
    about: Evaluated
    table: ClipTable
    predictions: Predictions
    calibration: Calibration

    @cached_property
    def metrics(self) -> Metrics:
        """Every measure, with its interval."""
        return metrics(self.predictions)

    @property
    def top1(self) -> float:
        """Share of clips whose best answer is right."""
        return self.metrics.top1.value

    @property
    def top5(self) -> float:
        """Share of clips with the truth among the best five answers; says nothing for five classes or fewer."""
        return self.metrics.top5.value

    @property
    def mean_class(self) -> float | None:
        """The mean over classes of the share of their clips that is recognised."""
        return None if self.metrics.mean_class is None else self.metrics.mean_class.value

    @property
    def mean_ap(self) -> float | None:
        """The mean over classes of average precision, with several labels a clip."""
        return None if self.metrics.mean_ap is None else self.metrics.mean_ap.value

    @property
    def intervals(self) -> dict[str, list[float | None] | None]:
        """The 95 % interval of each measure, by name."""
        return self.metrics.to_dict()["intervals"]

    @property
    def n(self) -> int:
        """How many clips were judged."""
        return len(self.predictions)

    @property
    def views(self) -> int:
        """How many views of each video were averaged."""
        return self.about.views[0] * self.about.views[1]

    @cached_property
    def by_clips(self) -> list[tuple[int, Estimate]]:
        """Top-1 with its interval by the number of clips in time; none of one clip, nor of several streams' scores."""
        crops = self.about.views[1]
        return accuracy_by_clips(self.predictions, crops) if self.predictions.views > crops else []

    @property
    def gmacs_per_view(self) -> float:
        """The cost of one view, in billions of multiply-adds."""
        return self.about.gmacs

    @property
    def broken(self) -> tuple[tuple[str, str], ...]:
        """Path and problem of each clip that could not be read."""
        return self.about.broken

    @cached_property
    def ece(self) -> float:
        """The expected calibration error of the scores as users see them: with the run's temperature."""
        return ece(*confidences(self.predictions, self.calibration.temperature))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        from kinema import __version__

        measured = self.metrics
        confusion = measured.confusion_KK
        per_class = [
            {"label": label, "value": _number(each.value), "interval": each.to_list(), "clips": int(clips),
             "precision": None if measured.precision_K is None else _number(float(measured.precision_K[k]))}
            for k, (label, each, clips) in enumerate(
                zip(self.predictions.labels, measured.per_class, measured.counts_K, strict=True))
        ]
        return {
            "name": self.name, **measured.to_dict(),
            "by_clips": [{"clips": count, "top1": top1.value, "interval": top1.to_list()}
                         for count, top1 in self.by_clips],
            "ece": self.ece, "ece_uncalibrated": ece(*confidences(self.predictions)),
            "calibration": self.calibration.to_dict(), **self.about.to_dict(), "kinema": __version__,
            "root": str(Path(self.table.root).absolute()),
            "per_class": per_class, "confusion": None if confusion is None else confusion.tolist(),
        }

    @property
    def page(self) -> Path:
        """Where its report goes: the run's report.html or, of other clips than the run's, beside its other files."""
        return self.about.run / (f"evaluation/{self.name}.html" if self.name.startswith("data-") else "report.html")

    def save(self, folder: Path) -> Path:
        """Write NAME.json, NAME.npz (logits) and NAME.csv (clips) into `folder`; return the path of the first."""
        write_atomic(folder / f"{self.name}.npz", self.predictions.save)
        write_atomic(folder / f"{self.name}.csv", self.table.to_csv)
        write_json(folder / f"{self.name}.json", self.to_dict())
        return folder / f"{self.name}.json"

    @classmethod
    def load(cls, path: str | Path) -> "Evaluation":
        """Read what `save` wrote, given the path of its .json."""
        path = Path(path)
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{path} is no evaluation: {error}. `kinema evaluate RUN` writes one.") from error
        predictions = Predictions.load(path.with_suffix(".npz"))
        table = read_table(path.with_suffix(".csv"), labels=predictions.labels, root=facts["root"])
        if (path.parent.parent / "run.json").is_file():  # where the run is now, and not where it was judged
            facts["run"] = str(path.parent.parent)
        return cls(facts["name"], Evaluated.from_dict(facts), table, predictions, Calibration(**facts["calibration"]))


def sources_of(table: ClipTable, kept: Sequence[int]) -> tuple[str, ...] | None:
    """What each kept clip must be resampled with: its source or its own file; None where all clips stand alone."""
    groups = tuple(table.rows[index].group for index in kept)
    return None if len(set(groups)) == len(groups) else groups


def _number(value: float) -> float | None:
    return None if value != value else value
