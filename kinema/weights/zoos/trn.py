"""zhoubolei/TRN-pytorch (Zhou et al., arXiv:1711.08496) and mmaction2's trn: relations between frames.

There each scale has a classifier of its own, which answers once for each relation of that scale: one classifier of all
scales' sums is the same, when a scale's bias counts as often as it has relations.
"""

import torch

from kinema.models.temporal.trn import related
from kinema.weights.zoos.bn_inception import INCEPTIONS
from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.mmaction2 import RULES
from kinema.weights.zoos.zoo import Weights, Zoo

RELATIONS = (
    (r"^consensus\.fc_fusion_scales\.(\d+)\.1\.", r"readout.scales.\1."),
    (r"^consensus\.fc_fusion_scales\.(\d+)\.3\.", r"classifiers.\1."),
    (r"^consensus\.classifier\.1\.", "readout.scales.0."),
    (r"^consensus\.classifier\.3\.", "classifiers.0."),
)


def one_classifier(weights: Weights) -> Weights:
    """The classifiers of all scales side by side."""
    count = sum(key.startswith("classifiers.") for key in weights) // 2
    parts = [(weights.pop(f"classifiers.{i}.weight"), weights.pop(f"classifiers.{i}.bias")) for i in range(count)]
    frames = count + 1  # where there is but one scale it has one relation, whatever its frames
    biases = [bias * len(related(frames, frames - i)) for i, (_, bias) in enumerate(parts)]
    weights["classifier.weight"] = torch.cat([weight for weight, _ in parts], dim=1)
    weights["classifier.bias"] = torch.stack(biases).sum(0)
    return weights


MMACTION2 = Zoo(
    "mmaction2 trn", r"^cls_head\.consensus\.",
    ((r"^cls_head\.fc_cls\.", "readout.embed."), (r"^cls_head\.", ""), *RELATIONS, *RULES, *UNWRAP, *RESNET),
    finish=one_classifier)
ZOO = Zoo("trn", r"^consensus\.(fc_fusion_scales|classifier)\.",
          ((r"^new_fc\.", "readout.embed."), *RELATIONS, *UNWRAP, *RESNET, *INCEPTIONS), finish=one_classifier)
