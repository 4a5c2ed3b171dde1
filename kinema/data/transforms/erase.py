"""Random erasing (Zhong et al., arXiv:1708.04896): a box of a clip is hidden, in its frames alike."""

import torch
from torch import Generator, Tensor

from kinema.data.sampling import window
from kinema.data.transforms.boxes import one, random_resized

AREA, RATIO = (0.02, 1 / 3), (0.3, 1 / 0.3)  # of the picture, and of height to width, as published


def erase(clip_CTHW: Tensor, chance: float, span: float, coloured: int, generator: Generator | None) -> Tensor:
    """A clip with, by `chance`, one box of it erased; without a generator as it is.

    The box is the same in all frames, or with a `span` below 1 in as many in a row as `window` draws. The first
    `coloured` channels show noise of mean 0 and deviation 1 there, of which no frame differs from the next, so that
    nothing moves; all others, which show change, are 0.
    """
    if not chance or generator is None or one(generator) >= chance:
        return clip_CTHW
    frames, *picture = clip_CTHW.shape[1:]
    size = picture[0], picture[1]
    box = random_resized(size, size, AREA, RATIO, generator)
    first, count = window(frames, span, generator)
    hidden = clip_CTHW[:, first : first + count, box.top : box.top + box.height, box.left : box.left + box.width]
    hidden[:] = 0
    hidden[:coloured] = torch.randn(coloured, 1, box.height, box.width, generator=generator)
    return clip_CTHW
