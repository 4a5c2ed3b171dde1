"""The official checkpoints of the public zoos, and how each becomes a network.

checkpoints.json   one row a checkpoint, made by benchmarks/catalogue.py from the published tables
labels/            the classes of the public data sets, in the order of the logits
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from kinema.errors import ModelError, nearest
from kinema.models.clip import ClipSpec

LOADABLE = "loadable"
KINDS = (".safetensors", ".pth.tar", ".pyth", ".pth", ".pkl", ".pt")


@dataclass(frozen=True)
class Checkpoint:
    """An official checkpoint.

    `id` is zoo/slug. `status` is "loadable", "out of scope" or "no direct file", and `reason` why. `model` and
    `options` are for `create_model`, `clip` is what the network is fed, `labels` names the list of its classes.
    `accuracy` is in percent, of the kind `metric` by the protocol `views`. The first of the `urls` that answers has the
    file (none was opened when this was written); `hash` is what its publisher says: a sha256, its first digits, or a
    sha1. `classifier` is False where the file holds a network without one.
    """

    id: str
    zoo: str
    title: str
    status: str
    reason: str
    model: str
    options: Mapping[str, Any]
    clip: Mapping[str, Any]
    dataset: str
    labels: str
    classifier: bool
    accuracy: float | None
    metric: str
    views: str
    licence: str
    non_commercial: bool
    urls: tuple[str, ...]
    size: int | None
    hash: str | None
    note: str

    @property
    def spec(self) -> ClipSpec:
        """The clip the network expects."""
        return ClipSpec.from_dict(dict(self.clip))

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of its classes in the order of the logits; none where they are not known."""
        return label_list(self.labels) if self.labels else ()

    @property
    def file_name(self) -> str:
        """What the file is kept as: its id, with the kind of file it is."""
        name = self.urls[0].rsplit("/", 1)[-1].partition("?")[0]
        return self.id + next((kind for kind in KINDS if name.endswith(kind)), ".pth")


@cache
def all_checkpoints() -> dict[str, Checkpoint]:
    """Every checkpoint by its id."""
    rows = json.loads(files(__package__).joinpath("checkpoints.json").read_text(encoding="utf-8"))
    return {row["id"]: Checkpoint(**{**row, "urls": tuple(row["urls"])}) for row in rows}


def checkpoints(pattern: str = "*") -> list[Checkpoint]:
    """The checkpoints whose id, model or data set fits a pattern, in which * stands for any text.

    Capital letters do not matter. A word that is none of these stands for those that contain it.
    """
    def fitting(wanted: str) -> list[Checkpoint]:
        return [row for row in all_checkpoints().values()
                if any(fnmatchcase(text, wanted) for text in (row.id, row.model, row.dataset))]

    return fitting(pattern.lower()) or fitting(f"*{pattern.lower()}*")


def find_checkpoint(id_: str) -> Checkpoint:
    """The checkpoint of an id; ModelError where there is none, or it cannot be loaded, with the reason."""
    row = all_checkpoints().get(id_)
    if row is None:
        raise ModelError(f"No checkpoint is called {id_!r}.{nearest(id_, all_checkpoints())} `kinema weights list` "
                         "shows all.")
    if row.status != LOADABLE:
        raise ModelError(f"{id_} cannot be loaded here: {row.reason} ({row.status}).")
    return row


def find_pretrained(model: str, dataset: str) -> Checkpoint:
    """The best loadable checkpoint of a model trained on a data set, or the one of an id; ModelError where none is."""
    if "/" in dataset:
        return find_checkpoint(dataset)
    rows = [row for row in all_checkpoints().values()
            if row.model == model and row.status == LOADABLE and row.classifier]
    fitting = [row for row in rows if row.dataset == dataset]
    if not fitting:
        there = ", ".join(sorted({row.dataset for row in rows}))
        raise ModelError(f"There is no checkpoint of {model} trained on {dataset!r}. "
                         + (f"There are some of {there}." if there else "There is none of this network at all; "
                            "`kinema weights list` shows those there are."))
    return max(fitting, key=lambda row: (row.accuracy or 0, row.id))


@cache
def label_list(name: str) -> tuple[str, ...]:
    """The classes of a public data set in their official order: kinetics400, ssv2, ucf101 and others."""
    return tuple(files(__package__).joinpath("labels", f"{name}.txt").read_text(encoding="utf-8").splitlines())
