"""What `train_timeline` leaves beside a run: RUN/timeline/ with a temporal head and what validation videos showed.

facts.json          windows, method, quiet classes, what was learnt from, the truth of the validation videos, measures
head.safetensors    the temporal head
validation.npz      both methods' scores over the validation videos: thresholds are chosen on them
thresholds.json     the thresholds chosen last
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from kinema.errors import RunError
from kinema.evaluation.calibration import digest
from kinema.files import write_atomic, write_json
from kinema.timeline.decode import Rule
from kinema.timeline.head import Head
from kinema.timeline.segments import Segment, Track
from kinema.timeline.thresholds import Goal, Judged, Thresholds, choose_thresholds

VERSION = 1
METHODS = ("head", "windows")


@dataclass(frozen=True)
class Learnt:
    """What is known beside a run about its answers over time.

    method: what served better in validation: the trained "head", or the "windows" themselves. quiet: classes in which
    nothing happens. validation: of each method, its scores over each video, and the truth. measures: by method.
    """

    head: Head
    overlap: int
    window_seconds: float
    labels: tuple[str, ...]
    quiet: tuple[str, ...]
    method: str
    validation: dict[str, list[Judged]]
    measures: dict[str, dict[str, Any]]
    footage: str
    note: str = ""

    @property
    def rule(self) -> Rule:
        """How scores become segments."""
        return Rule.usual(self.window_seconds)

    def thresholds(self, method: str, goal: Goal) -> Thresholds:
        """The thresholds that reach a goal in validation; quiet classes are never reported."""
        return choose_thresholds(self.validation[method], self.labels, self.rule, goal, self.quiet)

    def save(self, run: Path) -> Path:
        """Write RUN/timeline; return it."""
        from safetensors.torch import save_file

        folder = run / "timeline"
        arrays: dict[str, np.ndarray] = {}
        for method, videos in self.validation.items():
            for number, (track, _) in enumerate(videos):
                named = {"starts_N": track.starts_N, "ends_N": track.ends_N, "scores_NK": track.scores_NK,
                         "edges_N2": track.edges_N2}
                arrays |= {f"{method}.{number}.{name}": values for name, values in named.items() if values is not None}
        truth = [[asdict(segment) for segment in segments] for _, segments in self.validation[METHODS[0]]]
        head = {name: value.contiguous() for name, value in self.head.state_dict().items()}
        write_atomic(folder / "head.safetensors", lambda path: save_file(head, path))
        write_atomic(folder / "validation.npz", lambda path: save_arrays(path, arrays))
        write_json(folder / "facts.json", {
            "version": VERSION, "weights": digest(run / "best.safetensors"), "overlap": self.overlap,
            "window_seconds": self.window_seconds, "labels": self.labels, "quiet": self.quiet, "method": self.method,
            "footage": self.footage, "note": self.note, "measures": self.measures, "truth": truth,
        })
        return folder

    @classmethod
    def of(cls, run: Path) -> "Learnt | None":
        """What lies beside a run; None where nothing does, or what does was learnt of other weights."""
        from safetensors.torch import load_file

        folder = run / "timeline"
        if not (folder / "facts.json").is_file():
            return None
        try:
            facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
            if facts["version"] != VERSION or facts["weights"] != digest(run / "best.safetensors"):
                return None
            weights = load_file(folder / "head.safetensors")
            head = Head(len(weights["mean"]), len(facts["labels"]))
            head.load_state_dict(weights)
            with np.load(folder / "validation.npz", allow_pickle=False) as saved:
                validation = {method: judged(saved, method, facts["truth"]) for method in METHODS}
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise RunError(f"{folder} is damaged: {error}. `kinema timeline-train {quote(str(run))}` makes it "
                           "anew.") from error
        return cls(head.eval(), facts["overlap"], facts["window_seconds"], tuple(facts["labels"]),
                   tuple(facts["quiet"]), facts["method"], validation, facts["measures"], facts["footage"],
                   facts["note"])


def judged(saved: Any, method: str, truth: Sequence[Sequence[dict[str, Any]]]) -> list[Judged]:
    """One method's scores over the validation videos, and the truth."""
    found: list[Judged] = []
    for number, segments in enumerate(truth):
        starts_N, ends_N, scores_NK = (saved[f"{method}.{number}.{name}"] for name in Track.__annotations__
                                       if name != "edges_N2")
        track = Track(starts_N, ends_N, scores_NK, saved.get(f"{method}.{number}.edges_N2"))
        found.append((track, tuple(Segment(**segment) for segment in segments)))
    return found


def save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays, by name."""
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
