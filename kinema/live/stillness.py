"""For how long nothing has moved before a camera. Axes: H rows, W columns, C channels."""

import torch

from kinema.data.video.video import Picture
from kinema.detection.moving import LEAST_AREA, LEAST_CHANGE, changed, small

EVERY_SECONDS = 1.0  # pictures that are compared are so far apart: what moves slowly is seen to move too
GAP_SECONDS = 5.0  # after which nobody knows what happened meanwhile, unless pictures are wanted so seldom


class Stillness:
    """Counts seconds without motion: pictures a second apart that differ nowhere by more than a noisy camera's do.

    Where no picture came for a while, counting begins anew. Each picture is compared with the last that was kept, in
    the mean of 3 x 3 pixels; the light that changes all of a picture evenly is no motion. every_seconds: how far
    pictures are apart.
    """

    def __init__(self, every_seconds: float = 0.0) -> None:
        self.gap_seconds = max(GAP_SECONDS, 2.5 * every_seconds)
        self.before: torch.Tensor | None = None
        self.before_seconds = self.last_seconds = self.since_seconds = float("-inf")

    def __call__(self, seconds: float, picture_HWC: Picture) -> float:
        """The seconds without motion up to this picture."""
        if self.before is None or not 0 <= seconds - self.last_seconds <= self.gap_seconds:
            self.since_seconds, self.before, self.before_seconds = seconds, centred(picture_HWC), seconds
        self.last_seconds = seconds
        if seconds - self.before_seconds >= EVERY_SECONDS:
            here_HWC = centred(picture_HWC)
            if here_HWC.shape != self.before.shape or moved(here_HWC, self.before):
                self.since_seconds = seconds
            self.before, self.before_seconds = here_HWC, seconds
        return seconds - self.since_seconds


def centred(picture_HWC: Picture) -> torch.Tensor:
    """A small picture around its own mean colour."""
    small_HWC = small(picture_HWC[None])[0]
    return small_HWC - small_HWC.mean((0, 1))


def moved(here_HWC: torch.Tensor, before_HWC: torch.Tensor) -> bool:
    """Do two pictures differ in an area that matters?"""
    return float(changed(here_HWC, before_HWC, LEAST_CHANGE).float().mean()) >= LEAST_AREA
