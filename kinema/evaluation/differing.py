"""In what two results differ besides their networks, so that the better number may not mean the better network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from kinema.evaluation.result import Evaluation
from kinema.models.clip import ClipSpec
from kinema.models.names import parse
from kinema.recipe import SEEN, Recipe
from kinema.runs import Run

KINDS = {  # the fields of a recipe; all others are of the training
    "network": ("where", "causal", "pool", "options"),
    "input length": ("frames", "sampling", "stride", "fps", "neighbours"),
    "input": ("input", "mean", "std", "order", "flow", "flow_bound", "flow_unit", "flow_centred"),
    "picture": ("size", "resize", "augment"),
    "data": ("data", "split", "validation"),
}
NAMED = ("model", "out", "format", "root", *(name for names in KINDS.values() for name in names))
KINDS["training"] = tuple(field.name for field in fields(Recipe) if field.name not in NAMED)
UNTOLD = (*KINDS["data"], *KINDS["training"], "augment")  # of weights that were trained elsewhere
JUDGED = ("clips_per_video", "crops_per_clip", "average", "data", "which")


@dataclass(frozen=True)
class Differing:
    """A `kind` of conditions ("backbone", "input length", ...), what of it differs, and the two values."""

    kind: str
    what: str
    one: Any
    other: Any

    def __str__(self) -> str:
        one, other = ("none" if value is None else value for value in (self.one, self.other))
        return f"{self.kind}: {self.what} is {one} and {other}"


def differing(one: Evaluation, other: Evaluation) -> list[Differing]:
    """What of backbone, input length, training and evaluation protocol differs between two results.

    Seventy in a hundred papers compare networks that differ so (Chen et al., arXiv:2010.11757, Section 2 and Fig. 2).
    """
    runs = [Run.open(each.about.run) for each in (one, other)]
    names = [parse(run.recipe.model) for run in runs]
    found = [*between("backbone", {"it": names[0][1]}, {"it": names[1][1]}, ("it",)),
             *between("backbone", {"temporal pooling": names[0][2]}, {"temporal pooling": names[1][2]},
                      ("temporal pooling",))]
    clips = [run.clip.to_dict() for run in runs]
    recipes = [{**run.recipe.to_dict(), **{name: clip[name] for name in SEEN}}  # a recipe may leave these open
               for run, clip in zip(runs, clips, strict=True)]
    adopted = [run.adopted for run in runs]
    for kind, names_of in KINDS.items():
        known = [name for name in names_of if not any(adopted) or name not in UNTOLD]
        found += between(kind, recipes[0], recipes[1], known)
    if adopted[0] != adopted[1]:
        places = [{"the place": f"elsewhere ({each})" if each else "here"} for each in adopted]
        found += between("training", places[0], places[1], ("the place",))
    judged = [each.about.to_dict() for each in (one, other)]
    found += between("evaluation", judged[0], judged[1], JUDGED)
    answered = [one.about.model, other.about.model]
    if answered != [run.recipe.model for run in runs]:  # several streams
        found += between("network", {"what answered": answered[0]}, {"what answered": answered[1]}, ("what answered",))
    found += shown(one, other, runs)
    if sorted(one.predictions.clips) != sorted(other.predictions.clips):
        found.append(Differing("evaluation", "the clips", f"{one.n} clips", f"{other.n} others"))
    return found


def shown(one: Evaluation, other: Evaluation, runs: Sequence[Run]) -> Iterator[Differing]:
    """What differs in the clips that were judged, beside what differs in those of the trainings."""
    if one.about.clip is None or other.about.clip is None:
        return
    trained = [ClipSpec.from_dict(run.facts["clip"]).to_dict() for run in runs]
    for each in between("evaluation", one.about.clip.to_dict(), other.about.clip.to_dict(), trained[0]):
        if (each.one, each.other) != (trained[0][each.what], trained[1][each.what]):
            yield each


def between(
    kind: str, one: Mapping[str, Any], other: Mapping[str, Any], names: Iterable[str]
) -> Iterator[Differing]:
    """Those of the named values in which two dicts differ."""
    for field in names:
        if one.get(field) != other.get(field):
            if isinstance(one.get(field), dict) and isinstance(other.get(field), dict):
                yield from between(kind, one[field], other[field], {**one[field], **other[field]})
            else:
                yield Differing(kind, field, one.get(field), other.get(field))
