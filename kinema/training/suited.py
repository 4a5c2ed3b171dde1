"""What is sensible for clips about which nothing else is said: a recipe's values from how many there are.

Chosen on inner folds of recipes/surv-fight.md, but for the network, which is the best row of its table, and MIXED,
which takes in the training sides of all its folds (78 to 89 %); published sets have recipes of their own.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinema.data.clips import ClipTable, check_root, read_table
from kinema.data.frames import VideoPart
from kinema.data.splits import split_table
from kinema.data.transforms import Augment
from kinema.data.video import open_video
from kinema.errors import VideoError
from kinema.keyed import keyed_generator
from kinema.models.names import is_fitted
from kinema.recipe import Recipe
from kinema.runs import Run

LOOKED_AT = 12  # clips whose lengths are looked at
SMALL = 1000  # clips; more of them are for a larger network, and the usual recipe
LEAST_STEPS = 400  # that a training takes
EPOCHS = (20, 100)  # fewest, and most
MIXED = 0.6  # of the clips: where the source of so many shows other classes too, places hardly tell the class
LITTLE = Augment(crop="stretch_resized", scale=(0.6, 1.0), ratio=(0.83, 1.2), flip=True, span=0.8)
FITTED = {"frames": 32, "size": (112, 144)}  # HOG3D's smallest blocks are ten frames long
OF_NETWORK = ("model", "frames", "size", "input", "lr", "clip_gradient", "ema")  # chosen together, or not at all


@dataclass(frozen=True)
class Facts:
    """What is known of clips to train on: their number, that of their classes, how many frames the middle one has.

    mixed: the share of clips whose source (a camera, a person) has clips of other classes too.
    """

    clips: int
    classes: int
    frames: int
    mixed: float

    @classmethod
    def of(cls, table: ClipTable, seed: int = 0) -> "Facts":
        """Those of a list's training side; of its videos a few are opened."""
        shown: dict[str, set[frozenset[int]]] = defaultdict(set)
        for row in table.rows:
            shown[row.group].add(frozenset(row.labels))
        mixed = sum(len(shown[row.group]) > 1 for row in table.rows) / max(len(table.rows), 1)
        lengths = []
        for index in torch.randperm(len(table.rows), generator=keyed_generator(seed, "lengths"))[:LOOKED_AT].tolist():
            row = table.rows[index]
            try:
                lengths.append(len(VideoPart(open_video(table.path(row), threads=1), row).times_seconds))
            except VideoError:
                continue
        return cls(len(table.rows), len(table.labels), int(np.median(lengths)) if lengths else 0, mixed)


def suited(facts: Facts) -> dict[str, Any]:
    """The values of a recipe that suit clips, by name; none for many clips: then the usual ones do."""
    if facts.clips > SMALL:
        return {}
    batch = 8 if facts.clips < 400 else 16
    epochs = min(max(ceil(LEAST_STEPS * batch / max(facts.clips, 1)), EPOCHS[0]), EPOCHS[1])
    return {
        "model": "tam-resnet_tiny",
        "frames": 16 if facts.frames >= 16 else 8,
        "size": (56, 72),
        "input": "normalised_difference" if facts.mixed >= MIXED else "rgb",
        "lr": 0.012,
        "clip_gradient": 5.0,
        "ema": 0.98,
        "batch": batch,
        "epochs": epochs,
        "warmup": 2.0,
        "validation": 0.0 if facts.clips < 400 else 0.1,
        "augment": LITTLE,
    }


def suit(recipe: Recipe, told: Collection[str], restart: bool = False) -> tuple[Recipe, str]:
    """A recipe with what suits its clips in all that was not `told`, by name, and what was chosen, in words.

    Augmentations are told as augment_NAME. Of a network or a start that was told, only how long and how varied it is
    trained is chosen. A run that is there already keeps what was chosen when it began.
    """
    check_root(recipe.root)
    table = read_table(recipe.data, format=recipe.format, root=recipe.root)
    facts = Facts.of(split_table(table, recipe.split, recipe.seed).train, recipe.seed)
    values, varied = suited(facts), {name.removeprefix("augment_") for name in told if name.startswith("augment_")}
    if {"model", "start"} & {*told}:
        values = {name: value for name, value in values.items() if name not in OF_NETWORK}
    if is_fitted(recipe.model):
        values = dict(FITTED)  # no steps are taken, and validation clips choose
    if "epochs" in told and "warmup" in values:
        values["warmup"] = min(values["warmup"], recipe.epochs / 5)
    values = {name: value for name, value in values.items() if name not in told}
    out = recipe.out if "out" in told else f"runs/{values.get('model', recipe.model)}"
    if (Path(out) / "run.json").is_file() and not restart:
        there = Run.open(out).recipe
        values = {name: getattr(there, name) for name in values}
    if "augment" in values:
        values["augment"] = replace(values["augment"], **{name: getattr(recipe.augment, name) for name in varied})
    return replace(recipe, out=out, **values), in_words(facts, values)


def in_words(facts: Facts, values: dict[str, Any]) -> str:
    """What was chosen, for whoever trains."""
    if not values:
        return ""
    pairs = {name: "x".join(map(str, value)) if isinstance(value, tuple) else value
             for name, value in values.items() if name != "augment"}
    shown = ", ".join(f"{name.replace('_', '-')} {value}" for name, value in pairs.items())
    return (f"Chosen for {facts.clips} training clips of {facts.classes} classes, of about {facts.frames} frames: "
            f"{shown}{'; strong augmentation' * ('augment' in values)}. Options go before this; with --recipe nothing "
            "is chosen.")
