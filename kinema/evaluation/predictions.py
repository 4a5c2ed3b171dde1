"""What a network answered about a set of clips: all that judging it needs, and nothing that needs the network again.

Axes: N clips, V views of each, K classes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinema.errors import DataError, KinemaError


@dataclass(frozen=True)
class Predictions:
    """The logits of every view of every clip, beside the truth.

    `targets` holds each clip's class (N whole numbers) or, where a clip may have several labels, a 0/1 table N x K.
    `sources` names the recording each clip was cut from: clips of one source are not independent. `parts` tells clips
    of one file apart; None where all are whole files. `average` is what of its views is averaged into a video's scores:
    their "probabilities" or their "logits".
    """

    paths: tuple[str, ...]
    logits_NVK: np.ndarray
    targets: np.ndarray
    labels: tuple[str, ...]
    sources: tuple[str, ...] | None = None
    parts: tuple[str, ...] | None = None
    average: str = "probabilities"

    def __post_init__(self) -> None:
        if self.logits_NVK.ndim != 3 or self.logits_NVK.shape[2] != len(self.labels):
            raise DataError(
                f"Logits have the shape {self.logits_NVK.shape}; expected (clips, views, {len(self.labels)} classes)."
            )
        clips = len(self.logits_NVK)
        for name, count in (("paths", len(self.paths)), ("targets", len(self.targets))):
            if count != clips:
                raise DataError(f"There are {clips} clips but {count} {name}.")
        for name, values in (("sources", self.sources), ("parts", self.parts)):
            if values is not None and len(values) != clips:
                raise DataError(f"There are {clips} clips but {len(values)} {name}.")
        wrong = int((~np.isfinite(self.logits_NVK)).any(axis=(1, 2)).sum())
        if wrong:
            raise KinemaError(
                f"The network's answers to {wrong} of {clips} clips are not finite numbers: its training diverged. "
                "Train again with a lower learning rate, or evaluate another checkpoint."
            )

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def clips(self) -> list[tuple[str, str]]:
        """What tells each clip from the others: its file and its part of it."""
        return list(zip(self.paths, self.parts or [""] * len(self), strict=True))

    @property
    def views(self) -> int:
        """How many views of each clip were judged."""
        return int(self.logits_NVK.shape[1])

    @property
    def multi_label(self) -> bool:
        """Whether a clip may have several labels."""
        return self.targets.ndim == 2

    def view_scores_NVK(self, temperature: float = 1.0) -> np.ndarray:
        """Each view's probabilities: a softmax over classes or, with several labels a clip, a sigmoid for each."""
        return self._scores(self.logits_NVK.astype(np.float64) / temperature)

    def _scores(self, scaled: np.ndarray) -> np.ndarray:
        if self.multi_label:
            return np.exp(-np.logaddexp(0.0, -scaled))
        scaled -= scaled.max(axis=2, keepdims=True)
        np.exp(scaled, out=scaled)
        scaled /= scaled.sum(axis=2, keepdims=True)
        return scaled

    def scores_NK(self, temperature: float = 1.0) -> np.ndarray:
        """The video's probabilities: its views' mean, so a view that is unsure says little; or those of mean logits."""
        if self.average == "logits":
            return self._scores(self.logits_NVK.astype(np.float64).mean(axis=1, keepdims=True) / temperature)[:, 0]
        return self.view_scores_NVK(temperature).mean(axis=1)

    def save(self, path: str | Path) -> Path:
        """Write an .npz file that holds no pickled objects."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {
            "paths": np.array(self.paths, dtype=np.str_),
            "logits_NVK": self.logits_NVK.astype(np.float32),
            "targets": self.targets,
            "labels": np.array(self.labels, dtype=np.str_),
            "average": np.array(self.average, dtype=np.str_),
        }
        for name, values in (("sources", self.sources), ("parts", self.parts)):
            if values is not None:
                arrays[name] = np.array(values, dtype=np.str_)
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)
        return path

    @classmethod
    def load(cls, path: str | Path) -> "Predictions":
        """The inverse of `save`."""
        with np.load(path, allow_pickle=False) as saved:
            return cls(
                paths=tuple(saved["paths"].tolist()),
                logits_NVK=saved["logits_NVK"],
                targets=saved["targets"],
                labels=tuple(saved["labels"].tolist()),
                sources=tuple(saved["sources"].tolist()) if "sources" in saved else None,
                parts=tuple(saved["parts"].tolist()) if "parts" in saved else None,
                average=str(saved["average"]) if "average" in saved else "probabilities",
            )
