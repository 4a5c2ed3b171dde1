"""facebookresearch/VMZ in Caffe2 (Tran et al., arXiv:1711.11248 and arXiv:1904.02811): blobs of a flat list of blocks.

Blocks are counted through all stages; a stage begins where a shortcut has a projection. Of a block's convolutions the
numbers rise, but a separated one may skip some.
"""

import re
from collections.abc import Collection

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.resnet3d import as_r3d, with_options
from kinema.weights.zoos.zoo import Weights, Zoo

LEAVES = (
    (r"_rm$", ".running_mean"), (r"_riv$", ".running_var"), (r"_s$", ".weight"), (r"_w$", ".weight"), (r"_b$", ".bias"),
)
RULES = (
    *LEAVES,
    (r"^last_out_L\d+\.", "classifier."),
    (r"^conv1_middle_spatbn_relu\.", "backbone.stem.conv.norm."),
    (r"^conv1_middle\.", "backbone.stem.conv.middle."),
    (r"^conv1_spatbn_relu\.", "backbone.stem.bn."),
    (r"^conv1\.", "backbone.stem.conv."),
    (r"^comp_(\d+)_conv_(\d+)_middle\.", r"block.\1.conv\2.middle."),
    (r"^comp_(\d+)_spatbn_(\d+)_middle\.", r"block.\1.conv\2.norm."),
    (r"^comp_(\d+)_conv_(\d+)\.", r"block.\1.conv\2."),
    (r"^comp_(\d+)_spatbn_(\d+)\.", r"block.\1.bn\2."),
    (r"^shortcut_projection_(\d+)_spatbn\.", r"block.\1.shortcut.bn."),
    (r"^shortcut_projection_(\d+)\.", r"block.\1.shortcut.conv."),
)
C3D = (
    *LEAVES,
    (r"^last_out_L\d+\.", "classifier."),
    (r"^conv([12])a_bn\.", r"backbone.stages.\1.norma."), (r"^conv([12])a\.", r"backbone.stages.\1.conva."),
    (r"^conv(\d)([ab])_bn\.", r"backbone.stages.\1.norm\2."),
    (r"^conv(\d)([ab])\.", r"backbone.stages.\1.conv\2."),
    (r"^fc([67])\.", r"backbone.full.fc\1."),
)
TRAINING = r"_momentum$|_grad$|^(lr|iter|optimizer_iteration)"
EPS = 1e-3
LONGEST_STEM = 5  # frames


def in_stages(weights: Weights) -> Weights:
    """Blocks counted in their stages, convolutions without gaps, and the two parts of a convolution named."""
    blocks = {block_of(key) for key in weights} - {-1}
    begins = sorted({0, *(block for block in blocks if f"block.{block}.shortcut.conv.weight" in weights)})
    renamed: Weights = {}
    for key, value in with_parts(weights).items():
        block = block_of(key)
        if block >= 0:
            stage, rest = sum(begin <= block for begin in begins), key.split(".", 2)[2]
            if found := re.match(r"(conv|bn)(\d+)(.*)", rest):
                numbers = sorted({int(n) for n in re.findall(rf"block\.{block}\.conv(\d+)\.", " ".join(weights))})
                rest = f"branch.{found[1]}{numbers.index(int(found[2])) + 1}{found[3]}"
            key = f"backbone.stages.{stage}.{block - begins[stage - 1]}.{rest}"
        renamed[key] = value
    return renamed


def with_parts(weights: Weights) -> Weights:
    """The parts of each convolution that has a `middle` named by what they do.

    The second part sees each channel by itself in an ip-csn, and is over frames in an r2plus1d.
    """
    renamed = dict(weights)
    for key in [key for key in weights if key.endswith(".middle.weight")]:
        conv = key.removesuffix(".middle.weight")
        second = renamed.pop(f"{conv}.weight")
        parts = ("point", "depth") if second.shape[1] == 1 else ("space", "time")
        renamed[f"{conv}.{parts[0]}.weight"] = renamed.pop(key)
        renamed[f"{conv}.{parts[1]}.weight"] = second
    return renamed


def block_of(key: str) -> int:
    """The number of the block that a weight is of, -1 of none."""
    found = re.match(r"block\.(\d+)\.", key)
    return int(found[1]) if found else -1


def published(candidate: Candidate, keys: Collection[str]) -> Candidate | None:
    """All have VMZ's eps, and none of those that are split a pool after the stem: their clips are small.

    f-R2D, which sees each frame alone, has no such pool either, so is no tsn; R2D, whose stem covers the whole clip, is
    no network of kinema's.
    """
    if candidate.model.startswith("tsn-"):
        candidate = Candidate(candidate.model.replace("tsn-", "r3d-"), {"stages": ()})
    if candidate.options.get("stem_frames", LONGEST_STEM) > LONGEST_STEM:
        return None
    own = with_options(candidate) if candidate.model == "c3d" else as_r3d(candidate)
    return with_options(own, norm_eps=EPS) if own else None


ZOOS = (
    Zoo("vmz caffe2 c3d", r"^conv5b_bn_riv$", C3D, drop=TRAINING, refine=published),
    Zoo("vmz caffe2", r"^comp_0_spatbn_1_riv$", RULES, drop=TRAINING, finish=in_stages, refine=published),
)
