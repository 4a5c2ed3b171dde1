"""What a zoo of published checkpoints calls its weights, and what kinema calls them."""

import re
from collections.abc import Collection
from dataclasses import dataclass

NORM_LEAVES = "weight|bias|running_mean|running_var|num_batches_tracked"


@dataclass(frozen=True)
class Zoo:
    """One way of naming weights.

    `mark` is found in a key of every checkpoint of this zoo, and of no zoo after it in the list. `rules` are
    substitutions (pattern, replacement), all made on every key, in order; what then ends in `@2` is the third frame of
    a weight. `zeros` are those weights of kinema's that this zoo does without, which is the same as zeros.
    """

    name: str
    mark: str
    rules: tuple[tuple[str, str], ...] = ()
    zeros: str = r"$."

    def marks(self, keys: Collection[str]) -> bool:
        """Are these the keys of a checkpoint of this zoo?"""
        return any(re.search(self.mark, key) for key in keys)

    def rename(self, key: str) -> str:
        """kinema's name for a key of this zoo."""
        for pattern, new in self.rules:
            key = re.sub(pattern, new, key)
        return key
