"""What is hidden from a network in a pre-training, and what else may be asked of one."""

from dataclasses import dataclass
from typing import Any

from kinema.errors import RunError
from kinema.recipe import Recipe

DEFAULTS: dict[str, Any] = {  # where VideoMAE's differ from a training's, for sets of thousands of clips and 32 a batch
    "model": "videomae_s", "frames": 16, "sampling": "dense", "stride": 2, "epochs": 100, "batch": 32, "lr": 3e-4,
    "warmup": 5.0, "out": "runs/pretrained",
}
USED = (  # the fields of a recipe that a pre-training heeds
    "data", "out", "format", "root", "seed", "frames", "size", "sampling", "stride", "fps", "neighbours", "input",
    "mean", "std", "order", "flow", "flow_bound", "flow_unit", "flow_centred", "augment", "model", "where", "causal",
    "drop_path", "options", "start", "inflation", "epochs", "batch", "accumulate", "lr", "weight_decay", "schedule",
    "milestones", "warmup", "clip_gradient", "repeats", "precision",
)


@dataclass(frozen=True)
class Masking:
    """How much of a clip is hidden, and by what it is painted.

    ratio: the share of a frame's places that is hidden, in all frames alike; at least one is, and one is not. depth,
    width: blocks of the decoder, and its channels (0: half of the encoder's). As published (arXiv:2203.12602, table 1):
    0.9, 4 and half. normalised: painted are a patch's values less their mean, over their deviation, as published; else
    its values as they are (He et al., arXiv:2111.06377, table 1d), for clips whose still places are mostly noise.
    """

    ratio: float = 0.9
    depth: int = 4
    width: int = 0
    normalised: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.ratio < 1:
            raise RunError(f"A masking's ratio is {self.ratio}; it must be above 0 and below 1.")
        if self.depth < 1 or self.width < 0:
            raise RunError(f"A decoder of {self.depth} blocks of {self.width} channels came; expected 1 block or more, "
                           "and 0 channels (half of the encoder's) or more.")

    def hidden(self, places: int) -> int:
        """How many of so many places are hidden."""
        return min(max(round(self.ratio * places), 1), places - 1)


def check_used(recipe: Recipe) -> None:
    """Refuse what a recipe asks for and a pre-training would not heed."""
    if unused := recipe.beyond(USED):
        raise RunError(f"A pre-training does not know the recipe's {', '.join(unused)}; leave that out. It heeds "
                       f"{', '.join(USED)}.")
