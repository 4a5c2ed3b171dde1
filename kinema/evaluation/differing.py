"""In what two results differ besides their networks, so that the better number may not mean the better network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kinema.evaluation.result import Evaluation
from kinema.models.names import parse
from kinema.runs import Run

LENGTH = ("frames", "sampling", "stride", "fps")
PICTURE = ("size", "augment")
DATA = ("data", "split", "validation")
TRAINING = ("start", "epochs", "batch", "optimizer", "lr", "weight_decay", "schedule", "warmup", "label_smoothing",
            "mixup", "ema", "balance", "dropout", "precision", "seed")
JUDGED = ("clips_per_video", "crops_per_clip", "average", "data", "which")


@dataclass(frozen=True)
class Differing:
    """A `kind` of conditions ("backbone", "input length", ...), what of it differs, and the two values."""

    kind: str
    what: str
    one: Any
    other: Any

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} is {self.one} and {self.other}"


def differing(one: Evaluation, other: Evaluation) -> list[Differing]:
    """What of backbone, input length, training and evaluation protocol differs between two results.

    Seventy in a hundred papers compare networks that differ so (Chen et al., arXiv:2010.11757, Section 2 and Fig. 2).
    """
    runs = [Run.open(each.about.run) for each in (one, other)]
    names = [parse(run.recipe.model) for run in runs]
    found = [*between("backbone", {"it": names[0][1]}, {"it": names[1][1]}, ("it",)),
             *between("backbone", {"temporal pooling": names[0][2]}, {"temporal pooling": names[1][2]},
                      ("temporal pooling",))]
    recipes = [run.recipe.to_dict() for run in runs]
    for kind, fields in (("input length", LENGTH), ("picture", PICTURE), ("data", DATA), ("training", TRAINING)):
        found += between(kind, recipes[0], recipes[1], fields)
    judged = [each.about.to_dict() for each in (one, other)]
    found += between("evaluation", judged[0], judged[1], JUDGED)
    if sorted(one.predictions.clips) != sorted(other.predictions.clips):
        found.append(Differing("evaluation", "the clips", f"{one.n} clips", f"{other.n} others"))
    return found


def between(
    kind: str, one: Mapping[str, Any], other: Mapping[str, Any], fields: tuple[str, ...]
) -> Iterator[Differing]:
    """Those of the fields in which two dicts differ."""
    for field in fields:
        if one.get(field) != other.get(field):
            if isinstance(one.get(field), dict) and isinstance(other.get(field), dict):
                yield from between(kind, one[field], other[field], tuple(one[field]))
            else:
                yield Differing(kind, field, one.get(field), other.get(field))
