"""I3D and S3D over Inception-V1: two ports of DeepMind's TensorFlow weights, kylemin/S3D and torchvision.

In S3D a separated convolution has its parts side by side: `conv_s`, `bn_s`, `conv_t`, `bn_t`, in torchvision by number.
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.zoo import Zoo

LETTERS = {"3b": "3a", "3c": "3b", "4b": "4a", "4c": "4b", "4d": "4c", "4e": "4d", "4f": "4e", "5b": "5a", "5c": "5b"}
NUMBERS = {0: "conv1", 2: "conv2", 3: "conv3", 5: "3a", 6: "3b", 8: "4a", 9: "4b", 10: "4c", 11: "4d", 12: "4e",
           14: "5a", 15: "5b"}  # pools stand between

I3D = (
    (r"^logits\.conv3d\.", "classifier."),
    (r"\.conv3d\.", ".conv."),
    (r"^Conv3d_1a_7x7\.", "backbone.blocks.conv1.core."),
    (r"^Conv3d_2b_1x1\.", "backbone.blocks.conv2.core."),
    (r"^Conv3d_2c_3x3\.", "backbone.blocks.conv3.core."),
    *((rf"^Mixed_{theirs}\.", f"backbone.blocks.{ours}.core.") for theirs, ours in LETTERS.items()),
    (r"\.b0\.", ".branch1."),
    (r"\.b1a\.", ".branch2.0."), (r"\.b1b\.", ".branch2.1."),
    (r"\.b2a\.", ".branch3.0."), (r"\.b2b\.", ".branch3.1."),
    (r"\.b3b\.", ".branch4.1."),
)
HASSONY2 = (
    (r"^conv3d_0c_1x1\.", "logits."),
    (r"\.batch3d\.", ".bn."),
    (r"^conv3d_", "Conv3d_"),
    (r"^mixed_", "Mixed_"),
    (r"\.branch_0\.", ".b0."),
    (r"\.branch_([12])\.0\.", r".b\1a."), (r"\.branch_([12])\.1\.", r".b\1b."),
    (r"\.branch_3\.1\.", ".b3b."),
)
S3D = (
    (r"^fc\.0\.", "classifier."),
    *((rf"^base\.{theirs}\.", f"backbone.blocks.{ours}.core.") for theirs, ours in NUMBERS.items()),
    *((rf"\.branch{number}\.", f".branch{number + 1}.") for number in (3, 2, 1, 0)),
    (r"\.branch1\.0\.", ".branch1."),
    (r"\.conv_s\.", ".conv.space."), (r"\.bn_s\.", ".conv.norm."),
    (r"\.conv_t\.", ".conv.time."), (r"\.bn_t\.", ".bn."),
)
TORCHVISION = (
    (r"^classifier\.1\.", "fc.0."),
    (r"^(features\.[03]|.*\.branch[12]\.1)\.0\.0\.", r"\1.conv_s."),
    (r"^(features\.[03]|.*\.branch[12]\.1)\.0\.1\.", r"\1.bn_s."),
    (r"^(features\.[03]|.*\.branch[12]\.1)\.1\.0\.", r"\1.conv_t."),
    (r"^(features\.[03]|.*\.branch[12]\.1)\.1\.1\.", r"\1.bn_t."),
    (r"\.0\.(weight|bias)$", r".conv.\1"),
    (r"\.1\.(weight|bias|running_mean|running_var|num_batches_tracked)$", r".bn.\1"),
    (r"^fc\.conv\.", "fc.0."),
    (r"^features\.", "base."),
)


def as_published(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """The study's I3D has the same shapes, but other steps over frames; this zoo has the one first published."""
    return replace(candidate, model=candidate.model.replace("inception_v1", "inception_3d"))


ZOOS = (
    Zoo("piergiaj i3d", r"^Conv3d_1a_7x7\.conv3d\.weight$", I3D, options={"same": True}, refine=as_published),
    Zoo("hassony2 i3d", r"^conv3d_1a_7x7\.conv3d\.weight$", HASSONY2 + I3D, refine=as_published,
        options={"same": True, "norm_eps": 1e-3}, open=("norm_eps",)),  # TensorFlow's; this port itself adds 1e-5
    Zoo("kylemin s3d", r"^base\.0\.conv_s\.weight$", S3D),
    Zoo("torchvision s3d", r"^features\.0\.0\.0\.weight$", TORCHVISION + S3D),
)
