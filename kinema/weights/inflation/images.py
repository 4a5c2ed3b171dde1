"""Image networks' weights under the names that the frames of a video network go by.

The layouts of torchvision and timm, and of pretrainedmodels for Inception with batch norm. A layout's weights are those
of a tsn, whose kernels lie flat.
"""

import re
from collections.abc import Mapping

import torch

from kinema.errors import ModelError
from kinema.models.backbones.mobilenet import GROUPS
from kinema.weights.translate import listed, translate
from kinema.weights.zoos import ZOOS, bn_inception, ibm, mobilenet, swin, uniformer
from kinema.weights.zoos.mvit import RULES as MVIT
from kinema.weights.zoos.vit import TIMM
from kinema.weights.zoos.zoo import Weights, Zoo

INCEPTION_EPS, TORCH_EPS = 1e-3, 1e-5  # added to the variance by the batch norms of torchvision's Inceptions, and here
GATES = (
    (r"^layer(\d)\.(\d+)\.se\.fc1\.", r"backbone.stages.\1.\2.gate.squeeze."),
    (r"^layer(\d)\.(\d+)\.se\.fc2\.", r"backbone.stages.\1.\2.gate.excite."),
)
RES2NET = ((r"^(layer\d\.\d+)\.(conv|bn)s\.(\d)\.", r"\1.parts.steps.\3.\2."),)
DENSENET = (
    (r"\.(norm|conv)\.(\d)\.", r".\1\2."),  # as files of torchvision of before 2018 have it
    (r"^features\.conv0\.", "backbone.stem.conv."),
    (r"^features\.norm0\.", "backbone.stem.bn."),
    (r"^features\.norm5\.", "backbone.norm."),
    *((rf"^features\.transition{stage}\.norm\.", f"backbone.stages.{stage + 1}.between.bn.") for stage in (1, 2, 3)),
    *((rf"^features\.transition{stage}\.conv\.", f"backbone.stages.{stage + 1}.between.conv.") for stage in (1, 2, 3)),
    (r"^features\.denseblock(\d)\.denselayer(\d+)\.norm", r"backbone.stages.\1.\2.branch.bn"),
    (r"^features\.denseblock(\d)\.denselayer(\d+)\.", r"backbone.stages.\1.\2.branch."),
)
PLACES = [(group, index) for group, (_, count, _, _) in enumerate(GROUPS) for index in range(count)]
EFFICIENT = (
    (r"^conv_stem\.", "backbone.stem.conv."),
    (r"^bn1\.", "backbone.stem.bn."),
    (r"^conv_head\.", "backbone.last.conv."),
    (r"^bn2\.", "backbone.last.bn."),
    *((rf"^blocks\.{group}\.{index}\.", f"backbone.blocks.{number}.branch.")
      for number, (group, index) in enumerate(PLACES, start=1)),
    (r"\.conv_dw\.", ".conv2."),
    (r"\.conv_pwl\.", ".conv3."),
    (r"^(backbone\.blocks\.1\.branch)\.conv_pw\.", r"\1.conv3."),  # the first block does not expand
    (r"^(backbone\.blocks\.1\.branch)\.bn2\.", r"\1.bn3."),
    (r"^(backbone\.blocks\.1\.branch)\.bn1\.", r"\1.bn2."),
    (r"\.conv_pw\.", ".conv1."),
)
VIT = (
    (r"^cls_token$|^class_token$", "backbone.class_token"),
    (r"^pos_embed$|^encoder\.pos_embedding$", "backbone.positions.table"),
    (r"^patch_embed\.proj\.|^conv_proj\.", "backbone.stem."),
    (r"^encoder\.layers\.encoder_layer_(\d+)\.", r"blocks.\1."),
    (r"\.ln_([12])\.", r".norm\1."),
    (r"\.self_attention\.in_proj_(weight|bias)$", r".attn.qkv.\1"),
    (r"\.self_attention\.out_proj\.", ".attn.proj."),
    (r"\.mlp\.(0|linear_1)\.", ".mlp.fc1."),
    (r"\.mlp\.(3|linear_2)\.", ".mlp.fc2."),
    (r"^(fc_norm|norm|encoder\.ln)\.", "backbone.out.norm."),
    (r"^(heads\.)?head\.", "classifier."),
    (r"^blocks\.", "backbone.blocks."),
    *TIMM,
)
SWIN = (
    *((rf"^features\.0\.{number}\.", f"patch_embed.{name}.") for number, name in ((0, "proj"), (2, "norm"))),
    *((rf"^features\.{2 * stage - 1}\.", f"layers.{stage - 1}.blocks.") for stage in range(1, 5)),
    *((rf"^features\.{2 * stage}\.", f"layers.{stage - 1}.downsample.") for stage in range(1, 4)),
    (r"^head\.fc\.", "head."),
    *swin.STAGES, *swin.BLOCKS,
)
V3_BLOCKS = {"5b": "", "5c": "_1", "5d": "_2", "6a": "_3", "6b": "_4", "6c": "_5", "6d": "_6", "6e": "_7", "7a": "_8",
             "7b": "_9", "7c": "_10"}
V3_STEM = {"1a_3x3": "", "2a_3x3": "_1", "2b_3x3": "_2", "3b_1x1": "_3", "4a_3x3": "_4"}
V3_BRANCHES = {  # what torchvision calls the layers of a block's branches, each kind of block in its own way
    "branch1x1": "conv.0", "branch_pool": "tower_2.1", "branch3x3": "conv.0",
    **{f"branch5x5_{n}": f"tower.{n - 1}" for n in (1, 2)},
    **{f"branch3x3_{n}": f"tower.{n - 1}" for n in (1, 2)},
    **{f"branch7x7_{n}": f"tower.{n - 1}" for n in (1, 2, 3)},
    **{f"branch7x7x3_{n}": f"tower_1.{n - 1}" for n in (1, 2, 3, 4)},
    **{f"branch7x7dbl_{n}": f"tower_1.{n - 1}" for n in (1, 2, 3, 4, 5)},
    **{f"branch3x3_2{part}": f"tower.split.{n}" for n, part in enumerate("ab")},
    **{f"branch3x3dbl_3{part}": f"tower_1.split.{n}" for n, part in enumerate("ab")},
}
V3 = (
    *((rf"^Conv2d_{theirs}\.", f"backbone.blocks.conv{ours}.core.0.") for theirs, ours in V3_STEM.items()),
    *((rf"^Mixed_6a\.branch3x3dbl_{n}\.", f"Mixed_6a.tower.{n - 1}.") for n in (1, 2, 3)),
    *((rf"\.branch3x3dbl_{n}\.", f".tower_1.{n - 1}.") for n in (1, 2, 3)),
    *((rf"\.{theirs}\.", f".{ours}.") for theirs, ours in V3_BRANCHES.items()),
    *((rf"^Mixed_{theirs}\.", f"backbone.blocks.mixed{ours}.core.") for theirs, ours in V3_BLOCKS.items()),
    (r"^fc\.", "classifier."),
)


def stages_in_one(weights: Weights) -> Weights:
    """A timm MViT's blocks, which are numbered in each stage, numbered through."""
    place = re.compile(r"^stages\.(\d+)\.blocks\.(\d+)\.")
    places = sorted({(int(m[1]), int(m[2])) for key in weights if (m := place.match(key))})
    number = {f"stages.{stage}.blocks.{block}.": f"backbone.blocks.{n}." for n, (stage, block) in enumerate(places)}
    return {number[m[0]] + key[m.end():] if (m := place.match(key)) else key: value for key, value in weights.items()}


def merged_behind(weights: Weights) -> Weights:
    """A Swin whose patches merge before a stage, as timm has it, told as one in which they do after the one before."""
    if "backbone.stages.4.merge.reduce.weight" in weights:
        weights = {re.sub(r"stages\.(\d)\.merge", lambda m: f"stages.{int(m[1]) - 1}.merge", key): value
                   for key, value in weights.items()}
    return swin.unfold(weights)


def other_eps(weights: Weights) -> Weights:
    """Batch norms of another eps, which is made up for in their variances, and convolutions that have no bias."""
    biases = {key.replace("weight", "bias"): torch.zeros(len(value)) for key, value in weights.items()
              if key.endswith(".conv.weight")}
    return biases | {key: value + INCEPTION_EPS - TORCH_EPS if key.endswith("running_var") else value
                     for key, value in weights.items()}


AUXILIARY = r"^aux\d\.|^AuxLogits\."  # classifiers of training alone
INDICES = r"relative_position_index$|attn_mask$"
LAYOUTS = (
    Zoo("a Res2Net's, in timm's layout", r"^layer1\.0\.convs\.0\.weight$", RES2NET + ibm.RESNET),
    Zoo("a residual network's, in torchvision's or timm's layout", r"^layer1\.0\.conv1\.weight$", GATES + ibm.RESNET),
    Zoo("a DenseNet's, in torchvision's or timm's layout", r"^features\.denseblock1\.", DENSENET),
    Zoo("a GoogLeNet's, in torchvision's layout", r"^inception3a\.branch2\.1\.conv\.weight$", ibm.INCEPTION,
        drop=AUXILIARY),
    Zoo("an Inception v3's, in torchvision's or timm's layout (a network with torchvision=True)",
        r"^Mixed_7c\.branch1x1\.conv\.weight$", V3, drop=AUXILIARY, finish=other_eps),
    Zoo("an Inception's, in the layout of pretrainedmodels", r"^(base_model\.)?(conv1_7x7_s2|conv_Conv2D)\.weight$",
        bn_inception.ZOO.rules),
    Zoo("a MobileNetV2's, in timm's layout", r"^blocks\.0\.0\.conv_dw\.weight$", EFFICIENT),
    Zoo("a MobileNetV2's, in torchvision's layout", r"^features\.1\.conv\.0\.0\.weight$",
        mobilenet.HEADS + mobilenet.TORCHVISION),
    Zoo("an MViT's, in timm's layout", r"^stages\.0\.blocks\.0\.attn\.pool_k\.weight$",
        ((r"\.shortcut_proj_attn\.", ".proj."), (r"^head\.fc\.", "head.proj."),
         (r"^(stages\.\d+\.blocks\.\d+)\.proj\.", r"\1.widen."), *MVIT), finish=stages_in_one),
    Zoo("a Swin's, in torchvision's or timm's layout",
        r"^(features\.1|layers\.0\.blocks)\.0\.attn\.relative_position_bias_table$", SWIN, finish=merged_behind,
        drop=INDICES),
    Zoo("a UniFormer's", r"^blocks1\.0\.pos_embed\.weight$", uniformer.RULES),
    Zoo("a vision transformer's, in torchvision's or timm's layout",
        r"^blocks\.0\.attn\.qkv\.weight$|^encoder\.layers\.encoder_layer_0\.self_attention\.in_proj_weight$", VIT),
)


def image_layout(weights: Mapping[str, torch.Tensor]) -> Zoo | None:
    """The layout of an image network that these weights have; None where they are of a video network, or of neither."""
    if any(value.dim() == 5 for value in weights.values()):
        return None
    return next((layout for layout in LAYOUTS if layout.marks(weights)), None)


def image_weights(weights: Mapping[str, torch.Tensor]) -> tuple[str, Weights]:
    """Whose weights these are, in words, and the weights under the names of a tsn.

    kinema's own image networks and those of the video zoos do as well. Raises ModelError for weights of another kind.
    """
    layout = image_layout(weights)
    if layout is not None:
        kept = {key: value for key, value in weights.items() if not re.search(layout.drop, key)}
        return layout.name, layout.finish({layout.rename(key): value for key, value in kept.items()})
    deep = [key for key, value in weights.items() if value.dim() == 5 and value.shape[2] > 1]
    if deep:
        raise ModelError(f"These are a video network's weights, not an image network's: {listed(deep)} cover several "
                         "frames. kinema.load_weights takes them.")
    if not known(weights):
        raise ModelError(f"The names of these {len(weights)} weights ({listed([*weights])}) are of no image network "
                         f"known here. Known: {'; '.join(layout.name for layout in LAYOUTS)}.")
    translated = translate(weights)
    return f"those of a network in the layout of {translated.zoo.name}", translated.weights


def known(weights: Mapping[str, torch.Tensor]) -> bool:
    """Are the names of these weights of any kind, of image or video networks?"""
    return any(zoo.marks(weights) for zoo in (*LAYOUTS, *ZOOS))
