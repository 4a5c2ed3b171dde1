"""What a zoo of published checkpoints calls its weights, and what kinema calls them."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from kinema.weights.candidate import Candidate

NORM_LEAVES = "weight|bias|running_mean|running_var|num_batches_tracked"
NOTHING = r"$."  # a pattern that is never found

Weights = dict[str, torch.Tensor]


def as_they_are(weights: Weights) -> Weights:
    """The usual last step: nothing."""
    return weights


def as_it_is(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """The usual refinement: none."""
    return candidate


@dataclass(frozen=True)
class Zoo:
    """One way of naming weights.

    `mark` is found in a key of every checkpoint of this zoo, and of no zoo after it in the list. `rules` are
    substitutions (pattern, replacement), all made on every key, in order; what then ends in `@2` is the third frame of
    a weight. `drop` are keys, as the zoo names them, that hold nothing learned. `zeros` are those weights of kinema's
    that this zoo does without, which is the same as zeros. `finish` does what no renaming can (joining, splitting) to
    the renamed weights. All networks of a zoo may differ from kinema's usual ones in `options`; `open` are options that
    its networks differ in without the weights showing it; `refine` says what the zoo's own keys show and the renamed
    weights do not, and gives nothing for a network that the zoo has not. `twins` are other networks that weights of a
    network may be of just as well.
    """

    name: str
    mark: str
    rules: tuple[tuple[str, str], ...] = ()
    zeros: str = NOTHING
    drop: str = NOTHING
    finish: Callable[[Weights], Weights] = as_they_are
    options: Mapping[str, Any] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    refine: Callable[[Candidate, Collection[str]], Candidate | None] = as_it_is
    twins: Mapping[str, Candidate] = field(default_factory=dict)

    def marks(self, keys: Collection[str]) -> bool:
        """Are these the keys of a checkpoint of this zoo?"""
        return any(re.search(self.mark, key) for key in keys)

    def rename(self, key: str) -> str:
        """kinema's name for a key of this zoo."""
        for pattern, new in self.rules:
            key = re.sub(pattern, new, key)
        return key
