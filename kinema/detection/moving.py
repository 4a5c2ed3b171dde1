"""What moves before a fixed camera, as boxes.

Axes in names: T frames, H rows, W columns, M boxes.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from kinema.data.transforms.resize import resize
from kinema.data.video import Video
from kinema.detection.boxes import Boxes
from kinema.detection.centred import on_show
from kinema.detection.people import Found, People

LONG_SIDE = 240  # pixels of the pictures that are compared
FRAMES = 50  # evenly spread over the video, of which the background is the median
LEAST_CHANGE, NOISE = 18.0, 6.0  # of 255; and of the usual difference from the background, where that is more
LEAST_AREA = 0.003  # of the picture
GAP = 0.03  # of the short side: parts that are no farther apart are one


class Moving(People):
    """Regions that differ from the background: the median of frames from all over the video.

    For a fixed camera. Who stays in one place for more than half of the video is background, and people who touch are
    one region. How sure a box is: the share of it that differs.
    """

    def find(self, video: Video, seconds: Sequence[float]) -> Iterator[Found]:
        spread = np.linspace(0, len(video) - 1, min(FRAMES, len(video))).round().astype(int)
        samples_THWC = torch.cat([small(video.read([index])) for index in spread.tolist()])
        background_HWC = samples_THWC.median(dim=0).values
        usual = float((samples_THWC - background_HWC).abs().amax(-1).median())
        least = max(LEAST_CHANGE, NOISE * usual)
        for second in seconds:
            picture_HWC = small(video.read([on_show(video.times_seconds, second)]))[0]
            yield regions(changed(picture_HWC, background_HWC, least))


def small(frames_THWC: np.ndarray) -> torch.Tensor:
    """Pictures whose long side is LONG_SIDE at most, as float32 from 0 to 255."""
    height, width = frames_THWC.shape[1:3]
    scale = min(LONG_SIDE / max(height, width), 1.0)
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    return resize(torch.from_numpy(np.ascontiguousarray(frames_THWC)), size).float()


def changed(picture_HWC: torch.Tensor, background_HWC: torch.Tensor, least: float) -> torch.Tensor:
    """Where a picture differs from the background by `least` or more, in the mean of 3 x 3 pixels (H W)."""
    difference_CHW = (picture_HWC - background_HWC).movedim(-1, 0)
    mean_CHW = F.avg_pool2d(difference_CHW[None], 3, 1, 1, count_include_pad=False)[0]
    return mean_CHW.abs().amax(0) >= least


def regions(mask_HW: torch.Tensor) -> Found:
    """The boxes of the regions of a mask that are large enough, the largest first, and the set share of each."""
    height, width = mask_HW.shape
    gap = max(round(GAP * min(height, width)), 1)
    labels_HW = components(closed(mask_HW, gap)) * mask_HW
    found: list[tuple[int, tuple[float, float, float, float], float]] = []
    for label in labels_HW.unique().tolist():
        rows, columns = torch.nonzero(labels_HW == label, as_tuple=True)
        if label == 0 or len(rows) < LEAST_AREA * height * width:
            continue
        top, left, below, right = int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1
        box = left / width, top / height, right / width, below / height
        found.append((len(rows), box, len(rows) / ((below - top) * (right - left))))
    found.sort(reverse=True)
    boxes_M4: Boxes = np.array([box for _, box, _ in found], np.float64).reshape(-1, 4)
    return boxes_M4, np.array([share for _, _, share in found], np.float64)


def closed(mask_HW: torch.Tensor, gap: int) -> torch.Tensor:
    """A mask whose gaps of up to 2 x `gap` pixels are closed."""
    wide_HW = F.max_pool2d(mask_HW[None, None].float(), 2 * gap + 1, 1, gap)
    return (-F.max_pool2d(-F.pad(wide_HW, [gap] * 4, value=1.0), 2 * gap + 1, 1))[0, 0] > 0


def components(mask_HW: torch.Tensor) -> torch.Tensor:
    """A number for each region of pixels that touch, at sides or corners; 0 outside.

    Every pixel takes the greatest number around it, until none changes.
    """
    numbers_HW = torch.arange(1, mask_HW.numel() + 1).view(mask_HW.shape).double() * mask_HW
    while True:
        spread_HW = F.max_pool2d(numbers_HW[None, None], 3, 1, 1)[0, 0] * mask_HW
        if torch.equal(spread_HW, numbers_HW):
            return numbers_HW.long()
        numbers_HW = spread_HW
