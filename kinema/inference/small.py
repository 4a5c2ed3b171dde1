"""Pictures as small as a network wants them. Axes: T frames, H rows, W columns, C channels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from kinema.data.transforms.boxes import of_test
from kinema.data.transforms.resize import cut, resize, storage_resize
from kinema.models.clip import ClipSpec


def small(picture_HWC: np.ndarray, spec: ClipSpec) -> torch.Tensor:
    """A picture (1 H W C) shrunk and, where no flow is found in it, cut as for an evaluation."""
    stored_1HWC = storage_resize(torch.from_numpy(np.ascontiguousarray(picture_HWC))[None], spec)
    if spec.fields:
        return stored_1HWC.clone()
    box = of_test((stored_1HWC.shape[1], stored_1HWC.shape[2]), spec)
    return resize(cut(stored_1HWC, box), (spec.height, spec.width)).clone()


@dataclass(frozen=True)
class Pictures:
    """Pictures in memory (1 H W 3 each), as frames that clips are drawn from."""

    pictures: list[torch.Tensor]
    times_seconds: np.ndarray
    warnings: tuple[str, ...] = ()

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames."""
        return torch.cat([self.pictures[index] for index in indices]).numpy()
