"""Hierarchical transformers of other sizes and forms than those with figures are told from their weights, by rule."""

import re
from collections.abc import Callable, Mapping

import pytest
import torch

from kinema.models import create_model
from kinema.models.clip import ClipSpec
from kinema.weights import from_checkpoint, identify
from kinema.weights.zoos.swin import window_of

Weights = Mapping[str, torch.Tensor]
MVIT = (
    (r"^backbone\.", ""), (r"^token$", "cls_token"), (r"^patches\.", "patch_embed.proj."),
    (r"^positions\.space$", "pos_embed_spatial"), (r"^positions\.time$", "pos_embed_temporal"),
    (r"^positions\.token$", "pos_embed_class"), (r"^positions\.joint$", "pos_embed"), (r"\.attention\.", ".attn."),
    *((rf"\.{pool}\.conv\.", f".pool_{pool[0]}.") for pool in ("query", "key", "value")),
    *((rf"\.{pool}\.norm\.", f".norm_{pool[0]}.") for pool in ("query", "key", "value")),
    (r"\.positions\.frames$", ".rel_pos_t"), (r"\.positions\.rows$", ".rel_pos_h"),
    (r"\.positions\.columns$", ".rel_pos_w"),
    (r"\.out\.", ".proj."), (r"\.widen\.", ".proj."), (r"^classifier\.", "head.projection."),
)
REVERSIBLE = (
    (r"^blocks\.(\d+)\.norm1\.", r"rev_backbone.layers.\1.F.norm."),
    (r"^blocks\.(\d+)\.attn\.", r"rev_backbone.layers.\1.F.attn."),
    (r"^blocks\.(\d+)\.norm2\.", r"rev_backbone.layers.\1.G.norm."),
    (r"^blocks\.(\d+)\.mlp\.", r"rev_backbone.layers.\1.G.mlp."),
    (r"^blocks\.(\d+)\.proj\.", r"rev_backbone.layers.\1.res_proj."),
)
SWIN = (
    (r"\.stages\.(\d)\.merge\.reduce", r".layers.\1.downsample.reduction"),
    (r"\.stages\.(\d)\.merge\.norm", r".layers.\1.downsample.norm"),
    (r"\.stages\.", ".layers."), (r"patches\.conv", "patch_embed.proj"), (r"patches\.norm", "patch_embed.norm"),
    (r"attention\.table", "attn.relative_position_bias_table"), (r"attention\.qkv", "attn.qkv"),
    (r"attention\.out", "attn.proj"), (r"^classifier", "cls_head.fc_cls"),
)
LIGHT = (
    (r"^backbone\.", ""), (r"^token$", "cls_token"), (r"^token_up", "cls_upsample"), (r"^classifier", "head"),
    (r"^local\.1\.patches", "patch_embed1.proj"), (r"^local\.2\.patches\.conv", "patch_embed2.proj"),
    (r"^local\.2\.patches", "patch_embed2"), (r"^patches\.(\d)\.conv", r"patch_embed\1.proj"),
    (r"^patches\.(\d)", r"patch_embed\1"), (r"^local\.(\d)\.blocks", r"blocks\1"), (r"^third", "blocks3"),
    (r"^fourth", "blocks4"), (r"\.position\.", ".pos_embed."), (r"\.mix\.near\.", ".attn."), (r"\.mix\.", "."),
    (r"\.attention\.out\.", ".attn.proj."), (r"\.attention\.", ".attn."), (r"\.scale([12])\.weight", r".gamma_\1"),
)


def renamed(weights: Weights, rules: tuple[tuple[str, str], ...]) -> dict[str, torch.Tensor]:
    names = {}
    for key, value in weights.items():
        for pattern, new in rules:
            key = re.sub(pattern, new, key)
        names[key] = value
    return names


def slowfast(weights: Weights) -> dict[str, torch.Tensor]:
    named = renamed(weights, MVIT)
    if "pos_embed" in named and "pos_embed_class" in named:
        named["pos_embed"] = torch.cat([named.pop("pos_embed_class"), named["pos_embed"]], dim=1)
    return named


def reversible(weights: Weights) -> dict[str, torch.Tensor]:
    return renamed(renamed(weights, MVIT), REVERSIBLE)


def pytorchvideo(weights: Weights) -> dict[str, torch.Tensor]:
    named = {}
    for key, value in slowfast(weights).items():
        if re.match("cls_token|pos_embed", key):
            named[f"cls_positional_encoding.{key}"] = value
        elif ".qkv." in key:
            named |= {key.replace("qkv", part): third for part, third in zip("qkv", value.chunk(3), strict=True)}
        else:
            named[key] = value
    return named


def swin(weights: Weights) -> dict[str, torch.Tensor]:
    named = {}
    for key, value in renamed(weights, SWIN).items():
        key = re.sub(r"layers\.(\d)", lambda found: f"layers.{int(found[1]) - 1}", key)
        named[key] = value.flatten(0, 2) if key.endswith("table") else value
        if key.endswith("table"):
            tokens = 1
            for side in value.shape[:3]:
                tokens *= (side + 1) // 2
            named[key.replace("bias_table", "index")] = torch.zeros(tokens, tokens, dtype=torch.int64)
    return named


def light(weights: Weights) -> dict[str, torch.Tensor]:
    extra = {"norm_cls.weight": torch.ones(448), "head_cls.weight": torch.ones(5, 448)}
    return renamed(weights, LIGHT) | extra


CASES = [
    ("mvit_b", slowfast, {"depth": 5, "steps": (1, 2, 4), "kernel": ()}),
    ("mvit_b", slowfast, {"depth": 3, "steps": (1,), "positions": "joint", "width": 48, "clip": ClipSpec(2, 224, 224)}),
    ("mvit_b", pytorchvideo, {"depth": 5, "steps": (1, 2, 4)}),
    ("mvitv2_s", slowfast, {"depth": 5, "steps": (1, 3)}),
    ("mvitv2_s", slowfast, {"depth": 4, "steps": (1, 3), "token": False, "width": 64, "heads": 2}),
    ("mvit_b", slowfast, {"depth": 4, "steps": (1, 2), "pool_all": False}),  # as the first files of 16x4
    ("mvitv2_s", slowfast, {"depth": 4, "steps": (1, 3), "widen": "mlp", "average": True}),
    ("mvitv2_s", slowfast, {"depth": 4, "steps": (1, 3), "widen": "mlp", "average": True, "token": False}),
    ("rev_mvit_b", reversible, {"depth": 5, "steps": (1, 3)}),
    ("swin3d_t", swin, {"depths": (2, 2), "heads": (3, 6), "window": (5, 2, 2)}),
    ("swin3d_b", swin, {"depths": (1, 2), "heads": (4, 8), "window": (4, 7, 7), "patch_norm": False}),
    ("uniformer_xxs", light, {"depths": (1, 1, 2, 1)}),
    ("uniformer_xxs", light, {"depths": (1, 1, 2, 1), "layer_scale": 1e-6}),
]


@pytest.mark.parametrize(("name", "theirs", "options"), CASES)
def test_a_network_of_any_size_is_told_from_its_weights(
    name: str, theirs: Callable[[Weights], Weights], options: dict
) -> None:
    torch.manual_seed(0)
    made = create_model(name, 5, **{"clip": ClipSpec(4, 64, 64), **options}).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(std=0.1)
    back = from_checkpoint(theirs(made.state_dict()))
    x_NCTHW = torch.randn(1, *made.clip.shape_CTHW)
    with torch.inference_mode():
        assert torch.equal(back(x_NCTHW), made(x_NCTHW))
    if "mvit" in name:  # whose tables are for a clip
        assert (back.clip.frames, back.clip.height) == (made.clip.frames, made.clip.height)


def test_a_table_for_all_places_does_not_say_which_clip_it_is_for() -> None:
    made = create_model("mvit_b", 5, clip=ClipSpec(8, 64, 64), depth=2, steps=(1,), positions="joint")
    assert len(identify(slowfast(made.state_dict()))) > 1


def test_windows_are_told_from_their_tables() -> None:
    assert window_of(2535, None) == (8, 7, 7)
    assert window_of(5239, None) == (16, 7, 7)
    assert window_of(81, 20) == (5, 2, 2)
    assert window_of(81, 25) == (1, 5, 5)
