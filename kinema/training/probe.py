"""How much of a data set a trained network already sees: a small classifier on its features, which stay as they are.

Axes in names: N clips, D features, K classes.
"""

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import nn

from kinema.data.clips import ClipTable
from kinema.data.splits import split_table
from kinema.errors import DataError, KinemaError, nearest
from kinema.evaluation.metrics import Metrics, metrics
from kinema.evaluation.predict import parts_of
from kinema.evaluation.predictions import Predictions
from kinema.evaluation.result import sources_of
from kinema.inference.bank import look
from kinema.machine import Machine
from kinema.models import Network
from kinema.training.probes import KINDS, Fitted, Linear

VALIDATION = 0.2  # of the training side, where it has no validation side of its own


@dataclass(frozen=True)
class Probed:
    """What a probe answered on the test side, and the number it was fitted with, of those that were tried.

    `network` is the network with a linear probe as its classifier; of other kinds there is none.
    """

    kind: str
    number: str
    chosen: float
    trained: int
    predictions: Predictions
    broken: tuple[tuple[str, str], ...]
    network: Network | None = None

    @cached_property
    def metrics(self) -> Metrics:
        """Every measure, with its interval."""
        return metrics(self.predictions)


def probe(
    network: Network, table: ClipTable, kind: str = "linear", split: str | None = None, seed: int = 0,
    views: tuple[int, int] = (1, 1), machine: Machine | None = None, quiet: bool = False,
) -> Probed:
    """Fit a probe to the training side of a split and judge it on the test side; the network, where it is, stays.

    kind: "linear" (logistic regression), "knn" (the nearest vote) or "attentive" (a query attends to all places). Its
    number is chosen on the validation side, source-wise; then the probe is fitted to both. views: (clips, crops) of
    each video. Clips that cannot be read are left out. DataError, KinemaError.
    """
    if kind not in KINDS:
        raise KinemaError(f"A probe's kind is {kind!r}; known are {', '.join(KINDS)}.{nearest(kind, KINDS)}")
    if table.multi_label:
        raise DataError("A probe gives a clip one class; these clips have several labels.")
    row, classes, sides = KINDS[kind], len(table.labels), split_table(table, split, seed, validation=VALIDATION)
    broken: list[tuple[str, str]] = []

    def seen(side: ClipTable) -> tuple[ClipTable, np.ndarray]:
        found = look(network, side, row.looks_at, views, machine, quiet=quiet)
        broken.extend(found.broken)
        return side.subset(found.read), found.values

    train, values = seen(sides.train)
    targets_N, test = train.targets(), seen(sides.test)
    chosen = row.choices[len(row.choices) // 2]
    if sides.validation.rows:
        middle, more = seen(sides.validation)
        right = [np.mean(row.fit(values, targets_N, classes, choice, seed)(more).argmax(1) == middle.targets())
                 for choice in row.choices]
        chosen = row.choices[int(np.argmax(right))]
        values, targets_N = np.concatenate([values, more]), np.concatenate([targets_N, middle.targets()])
    fitted = row.fit(values, targets_N, classes, chosen, seed)
    return Probed(kind, row.number, chosen, len(targets_N), answers(fitted, *test), tuple(broken),
                  with_classifier(network, fitted, table.labels) if isinstance(fitted, Linear) else None)


def answers(fitted: Fitted, table: ClipTable, values: np.ndarray) -> Predictions:
    """What a probe says of the clips of a table, of which it is given what was seen."""
    every = range(len(table))
    return Predictions(tuple(row.path for row in table.rows), fitted(values)[:, None], table.targets(), table.labels,
                       sources_of(table, every), parts_of(table, every))


def with_classifier(network: Network, linear: Linear, labels: tuple[str, ...]) -> Network:
    """A copy of a network whose classifier is a linear probe, for its classes."""
    made = deepcopy(network).cpu()
    made.classifier = nn.Linear(linear.weight_KD.shape[1], len(labels))
    weight_KD, bias_K = torch.from_numpy(linear.weight_KD), torch.from_numpy(linear.bias_K)
    made.classifier.load_state_dict({"weight": weight_KD, "bias": bias_K})
    made.labels, made.classes = labels, len(labels)
    return made
