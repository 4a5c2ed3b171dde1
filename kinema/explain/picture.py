"""From a run or a checkpoint to a picture of what its classifier sees of clips.

Axes in names: N clips.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinema.data.clips import ClipTable, check_root, read_table
from kinema.data.labels import label_key
from kinema.data.splits import split_table
from kinema.errors import RunError
from kinema.evaluation.evaluate import clips_of
from kinema.explain.figure import check_ending, draw, write, write_places
from kinema.explain.projection import METHODS, ClipFeatures, features_of, neighbours_agree, planes
from kinema.keyed import keyed_generator
from kinema.machine import Machine
from kinema.models import Network
from kinema.runs import Run
from kinema.weights.pretrained import is_checkpoint, open_network


@dataclass(frozen=True)
class Clips:
    """Which clips to show: as in `kinema evaluate`; at most so many, drawn by the seed."""

    data: str | None = None
    format: str | None = None
    root: str | None = None
    split: str | None = None
    most: int = 2000
    seed: int = 0


def picture_features(
    source: str, clips: Clips, out: Path, method: str = "tsne", machine: Machine | None = None
) -> dict[str, Any]:
    """Draw the features of clips into `out` (.png, .pdf, .svg), write their places beside it as csv, and give facts.

    source: a run, whose test side is shown where no data is named, a checkpoint's id, or a file of weights.
    """
    check_ending(out)
    lay_out = planes(method, clips.seed)
    machine = machine or Machine()
    network, table = network_and_clips(source, clips)
    network = network.to(machine.device())
    drawn = torch.randperm(len(table), generator=keyed_generator(clips.seed, "explained"))[: clips.most]
    table = table.subset(sorted(drawn.tolist()))
    found = features_of(network, table, machine, machine.cache(network.clip))
    answers = network.labels or tuple(f"class {number}" for number in range(network.classes))
    places_N2 = lay_out(found.features_ND)
    share = neighbours_agree(found.features_ND, found.true_N)
    title = f"{METHODS[method]} of {len(found.numbers)} clips by {network.name}"
    if share is not None:
        title += f"\nnearest neighbour of the same class: {share:.1%}"
    write(draw(found, places_N2, table.labels, wrong(found, table, answers), title), out)
    places = out.with_suffix(".csv")
    write_places(found, places_N2, table, answers, places)
    return {"file": str(out), "places": str(places), "clips": len(found.numbers), "unreadable":
            len(table) - len(found.numbers), "neighbours_agree": share}


def network_and_clips(source: str, clips: Clips) -> tuple[Network, ClipTable]:
    """What sees, and what is seen."""
    if is_checkpoint(source):
        if clips.data is None:
            raise RunError(f"{source} is no run, so it has no clips of its own; name some with --data.")
        return open_network(source), clips_named(clips)
    run = Run.open(source)
    return run.model(), clips_of(run, None, clips.split)[0] if clips.data is None else clips_named(clips)


def clips_named(clips: Clips) -> ClipTable:
    """The clips of the user's data, with the classes that it has."""
    check_root(clips.root)
    table = read_table(clips.data or "", format=clips.format, root=clips.root)
    if clips.split is None:
        return table
    own = clips.split.startswith("split=")
    return table.select(clips.split.removeprefix("split=")) if own else split_table(table, clips.split, clips.seed).test


def wrong(found: ClipFeatures, table: ClipTable, answers: tuple[str, ...]) -> np.ndarray:
    """Which clips the network answers wrongly; none where it does not know their classes or there are several."""
    known = {label_key(name) for name in answers}
    if table.multi_label or not all(label_key(name) in known for name in table.labels):
        return np.zeros(len(found.numbers), bool)
    return np.array([true >= 0 and label_key(table.labels[true]) != label_key(answers[best])
                     for true, best in zip(found.true_N, found.best_N, strict=True)])
