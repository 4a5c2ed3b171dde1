"""From frames (T H W C, uint8) to what a network sees (C T H W, float): the same change for all frames of a clip.

Names are resolved on first use, so that a recipe can tell its augmentation without torch.
"""

from typing import TYPE_CHECKING

from kinema.lazy import lazily

if TYPE_CHECKING:
    from kinema.data.transforms.augment import Augment
    from kinema.data.transforms.flips import Flips, flip_label_map, swap_label
    from kinema.data.transforms.inputs import to_input
    from kinema.data.transforms.pipeline import CROPS, MIRRORED, TestTransform, test_transform, train_transform
    from kinema.data.transforms.resize import storage_resize

_HOMES = {
    "Augment": "kinema.data.transforms.augment",
    "CROPS": "kinema.data.transforms.pipeline",
    "Flips": "kinema.data.transforms.flips",
    "MIRRORED": "kinema.data.transforms.pipeline",
    "TestTransform": "kinema.data.transforms.pipeline",
    "flip_label_map": "kinema.data.transforms.flips",
    "storage_resize": "kinema.data.transforms.resize",
    "swap_label": "kinema.data.transforms.flips",
    "test_transform": "kinema.data.transforms.pipeline",
    "to_input": "kinema.data.transforms.inputs",
    "train_transform": "kinema.data.transforms.pipeline",
}

__all__ = [
    "CROPS", "MIRRORED", "Augment", "Flips", "TestTransform", "flip_label_map", "storage_resize", "swap_label",
    "test_transform", "to_input", "train_transform",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
