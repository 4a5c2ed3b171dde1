"""open-mmlab/mmaction2: tsn, tsm, c2d, i3d and slow, with non-local blocks, tpn, tanet and slowfast, over ResNets."""

from collections.abc import Collection
from dataclasses import replace

import torch

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import NONLOCAL, UNWRAP, shifted
from kinema.weights.zoos.tanet import ADAPT
from kinema.weights.zoos.zoo import Weights, Zoo

RULES = (
    (r"^backbone\.", ""),
    (r"^cls_head\.fc_cls\.", "fc."),
    (r"\.conv(\d)\.bn\.", r".bn\1."),
    (r"^conv1\.bn\.", "bn1."),
    (r"conv(\d)\.conv\.", r"conv\1."),
    (r"\.downsample\.conv\.", ".downsample.0."),
    (r"\.downsample\.bn\.", ".downsample.1."),
    (r"\.non_local_block\.conv_out\.conv\.", ".nl.W.0."),
    (r"\.non_local_block\.conv_out\.bn\.", ".nl.W.1."),
    (r"\.non_local_block\.(\w+)\.(0\.)?conv\.", r".nl.\1."),
)
MIX = ((r"\.after\.concat_project\.", ".after.mix."),)
NECK = (
    (r"^neck\.temporal_modulation_ops\.(\d)\.conv\.conv\.", r"backbone.neck.rates.\1.conv."),
    (r"^neck\.downsample_ops\.0\.conv\.conv\.", "backbone.neck.up.conv."),
    (r"^neck\.spatial_modulation\.spatial_modulation\.0\.0\.", "backbone.neck.align."),
    (r"^neck\.pyramid_fusion\.", "backbone.neck.fuse."),
    (r"^neck\.level_fusion_1\.", "backbone.neck.fuse_down."),
    (r"^neck\.level_fusion_2\.", "backbone.neck.fuse_up."),
    (r"\.downsamples\.0\.conv\.", ".low."),
    (r"\.downsamples\.1\.conv\.", ".high."),
    (r"\.fusion_conv\.", ".both."),
)
ONLY_TRAINING = r"^neck\.aux_head\."  # a second loss
PATHWAYS = (
    (r"^backbone\.(slow|fast)_path\.", r"backbone.\1."),
    (r"^(backbone\.\w+)\.conv1\.", r"\1.stem."),
    (r"^backbone\.slow\.conv1_lateral\.conv\.", "backbone.laterals.0.0."),
    (r"^backbone\.slow\.conv1_lateral\.bn\.", "backbone.laterals.0.1."),
    (r"^backbone\.slow\.layer(\d)_lateral\.conv\.", r"backbone.laterals.\1.0."),
    (r"^backbone\.slow\.layer(\d)_lateral\.bn\.", r"backbone.laterals.\1.1."),
    (r"\.layer(\d)\.(\d+)\.", r".stages.\1.\2."),
    (r"\.conv(\d)\.conv\.", r".branch.conv\1."),
    (r"\.conv(\d)\.bn\.", r".branch.bn\1."),
    (r"\.downsample\.", ".shortcut."),
    (r"^cls_head\.fc_cls\.", "classifier."),
)
TWINS = {"tsn-resnet50": Candidate("c2d-resnet50", {"pool_padded": False})}  # deeper ones are published without pool
EVERY = ("1", "1", "1", "1")


def as_configured(candidate: Candidate, keys: Collection[str]) -> Candidate | None:
    """What weights do not show, and all configurations of a network have in common.

    I3D strides its stem over frames, but where every block covers frames; Slow's attention is scaled softmax.
    """
    known = shifted(candidate, keys)
    if known is None:
        return None
    candidate = known
    module, options = candidate.model.partition("-")[0].split("+"), {**candidate.options}
    if module[0] == "i3d_fair" and options.get("inflate") != EVERY:
        options |= {"conv_step": 2, "pool_step": 2}
    if module[0] == "slow" and "attention" in candidate.open:
        return replace(candidate, options={**options, "scale": True}, open=())
    return replace(candidate, options=options)


def slow_first(weights: Weights) -> Weights:
    """The classifier's weights of the fast pathway stand first; kinema's stand last."""
    fast = weights["backbone.fast.stages.4.0.shortcut.bn.weight"].shape[0]
    classifier = weights["classifier.weight"]
    return weights | {"classifier.weight": torch.cat([classifier[:, fast:], classifier[:, :fast]], dim=1)}


TANET = Zoo("mmaction2 tanet", r"^backbone\.layer1\.0\.tam\.G\.0\.", (*RULES, (r"\.block\.", ".net."), *ADAPT, *RESNET))
SLOWFAST = Zoo("mmaction2 slowfast", r"^backbone\.slow_path\.conv1\.", PATHWAYS, finish=slow_first,
               options={"pick": "strided"})
ZOO = Zoo("mmaction2 resnet", r"^backbone\.layer1\.0\.(net\.)?conv1\.conv\.",
          RULES + UNWRAP + RESNET + NONLOCAL + MIX + NECK, zeros=r"\.after\.out\.bias$", drop=ONLY_TRAINING,
          refine=as_configured, twins=TWINS)
