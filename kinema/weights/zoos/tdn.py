"""MCG-NJU/TDN (Wang et al., arXiv:2012.10071): temporal difference networks over ResNets."""

import re

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.zoo import Weights, Zoo

SHORT_TERM = (
    (r"^conv1_5\.0\.", "backbone.motion_stem.conv."),
    (r"^conv1_5\.1\.", "backbone.motion_stem.bn."),
    (r"^resnext_layer1\.(\d+)\.downsample\.0\.", r"backbone.motion_stages.1.\1.shortcut.conv."),
    (r"^resnext_layer1\.(\d+)\.downsample\.1\.", r"backbone.motion_stages.1.\1.shortcut.bn."),
    (r"^resnext_layer1\.(\d+)\.", r"backbone.motion_stages.1.\1.branch."),
    (r"^layer(\d)_bak\.", r"layer\1."),
)
LONG_TERM = (
    (r"(stages\.[234]\.\d+\.branch\.conv2)\.(weight|bias)$", r"\1.conv.\2"),
    (r"branch\.shift\.conv\.", "branch.conv2.mix."),
    (r"branch\.mse\.", "branch.conv2.excite."),
    (r"excite\.conv2\.", "excite.move."),
    (r"excite\.(conv|bn)1\.", r"excite.squeeze.\1."),
    (r"excite\.(conv|bn)3\.", r"excite.expand.\1."),
    (r"excite\.(conv|bn)3_smallscale2\.", r"excite.coarse.\1."),
    (r"excite\.(conv|bn)3_smallscale4\.", r"excite.fine.\1."),
)


def take_biases_away(weights: Weights) -> Weights:
    """A bias before batch norm is the same as a mean that is less by as much; kinema's convolutions have none."""
    biases = {key: value for key, value in weights.items() if re.search(r"conv\d?(\.conv)?\.bias$", key)}
    kept = {key: value for key, value in weights.items() if key not in biases}
    for key, bias in biases.items():
        mean = re.sub(r"conv(\d?)(\.conv)?\.bias$", r"bn\1.running_mean", key)
        kept[mean] = kept[mean] - bias
    return kept


ZOO = Zoo("tdn resnet", r"(^|\.)conv1_5\.0\.weight$", UNWRAP[:2] + SHORT_TERM + RESNET + LONG_TERM,
          drop=r"conv1_temp", finish=take_biases_away)
