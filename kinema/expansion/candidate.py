"""A network of a walk, with what it cost and how well it answers."""

from dataclasses import dataclass
from statistics import fmean

from kinema.models.backbones.x3d import Size

START = "start"  # the axis of the first


@dataclass(frozen=True)
class Candidate:
    """A network of the walk: `accuracies` (percent, of each seed) are on validation clips, `tests` on test clips.

    axis: the one it grew along, or "start". training_gmacs: what all its runs cost to train.
    """

    step: int
    axis: str
    size: Size
    gmacs: float
    parameters: int
    accuracies: tuple[float, ...]
    training_gmacs: float
    runs: tuple[str, ...]
    chosen: bool = False
    tests: tuple[float, ...] = ()

    @property
    def accuracy(self) -> float:
        """What it is chosen by: the mean of its runs, in percent."""
        return fmean(self.accuracies)
