"""From frames (T H W C, uint8) to what a network sees (C T H W, float): the same change for all frames of a clip."""

from kinema.data.transforms.augment import Augment
from kinema.data.transforms.flips import Flips, flip_label_map, swap_label
from kinema.data.transforms.inputs import to_input
from kinema.data.transforms.pipeline import CROPS, MIRRORED, TestTransform, test_transform, train_transform
from kinema.data.transforms.resize import storage_resize

__all__ = [
    "CROPS", "MIRRORED", "Augment", "Flips", "TestTransform", "flip_label_map", "storage_resize", "swap_label",
    "test_transform", "to_input", "train_transform",
]
