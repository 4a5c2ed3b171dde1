"""What holds for vision transformers."""

import copy
import pickle
import re
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models import create_model, list_models, order_aware
from kinema.models.clip import ClipSpec
from kinema.models.transformer.positions import Table
from kinema.models.transformer.spacetime import by_frame, by_place
from kinema.models.transformer.tokens import Grid
from kinema.weights import from_checkpoint
from tests.models.test_networks import clip

TINY = list_models("*-vit_tiny*")
CLIP = ClipSpec(8, 64, 64)
SQUEEZED = {"width": 32, "depth": 2, "heads": 2, "hidden": 48}  # sizes for trials
FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "vivit": ("i3d", {"tubelet": 2, "positions": "learned", "gelu": "tanh"}),
    "vivit 3": ("s3d", {"tubelet": 2, "positions": "learned", "readout": "patches", "split": "space_time"}),
    "vivit 4": ("s3d", {"tubelet": 2, "positions": "learned", "readout": "patches", "split": "heads"}),
    "videomae": ("i3d", {"tubelet": 2, "positions": "sine", "bias": "qv", "readout": "mean"}),
    "fixed": ("i3d", {"tubelet": 2, "positions": "fixed", "bias": "none", "readout": "first"}),
    "vjepa2": ("i3d", {"tubelet": 2, "positions": "rotary", "readout": "probe", "probe": 1, "width": 48, "heads": 2}),
    "rotary": ("s3d", {"positions": "rotary", "readout": "class", "gelu": "quick"}),
}


UNIFORMERS = {"uniformerv2": {}, "uniformerv2 motion": {"local": 2, "halve": True, "narrow": 24, "after": (0, 1)}}


def form(name: str) -> Any:
    torch.manual_seed(0)
    if name in UNIFORMERS:
        sizes = {"width": 32, "depth": 2, "heads": 2, "globals": 2}
        return create_model("uniformerv2_b16", 5, clip=CLIP, **{**sizes, **UNIFORMERS[name]}).eval()
    module, options = FORMS[name]
    return create_model(f"{module}-vit_tiny", 5, clip=CLIP, **{**SQUEEZED, **options}).eval()


@pytest.mark.parametrize("name", TINY)
def test_order_matters_as_the_table_says(name: str) -> None:
    torch.manual_seed(0)
    built, x_NCTHW = create_model(name, 5).eval(), clip(size=64)
    with torch.inference_mode():
        assert torch.allclose(built(x_NCTHW), built(x_NCTHW.flip(2)), atol=1e-6) != order_aware(name)


@pytest.mark.parametrize("name", [*FORMS, *UNIFORMERS])
def test_every_form_sees_order_and_trains_all_its_parameters(name: str) -> None:
    built, x_NCTHW = form(name).double(), clip(size=64).double()
    logits = built(x_NCTHW)
    assert not torch.allclose(logits, built(x_NCTHW.flip(2)), rtol=1e-7)
    (logits * torch.randn(2, 5)).sum().backward()
    for key, parameter in built.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.any(), key


@pytest.mark.parametrize("name", [*FORMS, *UNIFORMERS])
def test_every_form_takes_other_clips_and_can_be_copied(name: str) -> None:
    built = form(name)
    with torch.inference_mode():
        for shape in ((2, 3, 1, 16, 16), (2, 3, 5, 48, 80), (1, 3, 16, 64, 64)):
            assert built(torch.randn(shape)).shape == (shape[0], 5)
        x_NCTHW = clip(size=64)
        for other in (copy.deepcopy(built), pickle.loads(pickle.dumps(built))):
            assert torch.equal(other(x_NCTHW), built(x_NCTHW))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vivit", "videomae", "vjepa2", "rotary", "uniformerv2 motion"])
def test_a_form_can_be_exported(name: str) -> None:
    built, x_NCTHW = form(name), clip(size=64)
    program = torch.export.export(built, (x_NCTHW,))
    torch.testing.assert_close(program.module()(x_NCTHW), built(x_NCTHW))


def test_heads_that_see_space_or_time_are_attention_within_frames_and_over_them() -> None:
    """With one frame the heads for time see one token each; with one place, those for space do."""
    built = create_model("s3d-vit_tiny", 5, clip=CLIP, readout="patches", split="heads").eval()
    joint = create_model("i3d-vit_tiny", 5, clip=CLIP, readout="patches").eval()
    joint.load_state_dict(built.state_dict())
    with torch.inference_mode():
        x_NCTHW = torch.randn(1, 3, 8, 16, 16)  # one place: attention over time is attention over all
        half = built.backbone.blocks[0].attention.attend.heads // 2
        attend = [model.backbone.blocks[0].attention.attend for model in (built, joint)]
        seen: list[torch.Tensor] = []
        for one in attend:
            one.out.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].unflatten(-1, (2 * half, -1))))
        built(x_NCTHW), joint(x_NCTHW)
        torch.testing.assert_close(seen[0][:, :, half:], seen[1][:, :, half:])
        assert not torch.allclose(seen[0][:, :, :half], seen[1][:, :, :half])


def test_tables_are_resized_by_nearest_neighbour_as_published() -> None:
    built = create_model("s3d-vit_tiny", 5, clip=CLIP).backbone.positions
    with torch.inference_mode():
        _, own_1LD = built(built.grid)
        _, twice_1LD = built(built.grid._replace(frames=16, rows=8, columns=8))
        own, twice = own_1LD.unflatten(1, (8, 4, 4)), twice_1LD.unflatten(1, (16, 8, 8))
        assert torch.equal(twice[:, ::2, ::2, ::2], own)
        assert torch.equal(twice[:, 1::2, 1::2, 1::2], own)


def test_a_module_without_a_place_in_a_transformer_is_refused_in_words() -> None:
    with pytest.raises(ModelError, match=r"a transformer does not ask.*tsn, tsm, i3d, s3d, encoder"):
        create_model("tsn+nonlocal-vit_tiny")
    with pytest.raises(ModelError, match="Nearest: tsm"):
        create_model("i3d-vit_tiny", causal=True)
    with pytest.raises(ModelError, match="patches of 16 x 16 do not fit"):
        create_model("i3d-vit_tiny")(torch.randn(1, 3, 8, 8, 8))
    with pytest.raises(ModelError, match="divide into 5 heads"):
        create_model("i3d-vit_tiny", heads=5)


def test_an_encoder_without_a_classifier_gets_one_for_the_classes_told() -> None:
    weights = {f"encoder.{key}": value for key, value in {
        "patch_embed.proj.weight": torch.randn(384, 3, 2, 16, 16), "patch_embed.proj.bias": torch.randn(384),
        "norm.weight": torch.ones(384), "norm.bias": torch.zeros(384)}.items()}
    for index in range(12):
        block = f"encoder.blocks.{index}."
        weights |= {f"{block}attn.{name}": torch.zeros(384) for name in ("q_bias", "v_bias", "proj.bias")}
        weights |= {f"{block}norm{n}.{leaf}": torch.ones(384) for n in (1, 2) for leaf in ("weight", "bias")}
        weights |= {
            f"{block}attn.qkv.weight": torch.randn(1152, 384) / 20, f"{block}attn.proj.weight": torch.zeros(384, 384),
            f"{block}mlp.fc1.weight": torch.zeros(1536, 384), f"{block}mlp.fc1.bias": torch.zeros(1536),
            f"{block}mlp.fc2.weight": torch.zeros(384, 1536), f"{block}mlp.fc2.bias": torch.zeros(384)}
    weights["encoder_to_decoder.weight"] = weights["mask_token"] = torch.zeros(192, 384)
    with pytest.raises(ModelError, match="pass classes="):
        from_checkpoint(weights)
    built = from_checkpoint(weights, classes=("a", "b"))
    assert built.name == "i3d-vit_s16"
    assert built.classes == 2


THEIRS = (  # what UniFormerV2's own code calls kinema's weights, in order
    (r"^classifier", "backbone.transformer.proj.2"), (r"^backbone.out", "backbone.transformer.proj.0"),
    (r"^backbone.(balance)", r"backbone.transformer.\1"), (r"clip_token", "transformer.temporal_cls_token"),
    (r"class_token", "class_embedding"), (r"^backbone.positions.space", "backbone.positional_embedding"),
    (r"^backbone.norm", "backbone.ln_pre"), (r"^backbone.stem", "backbone.conv1"),
    (r"blocks", "transformer.resblocks"), (r"globals.(\d).positions", r"transformer.dpe.\1"),
    (r"globals", "transformer.dec"), (r"query_norm", "ln_1"), (r"(dec.\d).norm", r"\1.ln_3"),
    (r"attend.in_proj.", "attn.in_proj_"), (r"(dec.\d).attend.out", r"\1.attn.out_proj"),
    (r"attention.norm", "ln_1"), (r"attention.attend.qkv.", "attn.in_proj_"),
    (r"attention.attend.out", "attn.out_proj"),
    (r"mlp.norm", "ln_2"), (r"mlp.up", "mlp.c_fc"), (r"mlp.down", "mlp.c_proj"),
    (r"local.0", "lmhra1.pos_embed"), (r"local.1", "lmhra2.pos_embed"), (r"embed.norm", "embed.0"),
    (r"embed.enter", "embed.1"), (r"embed.time", "embed.2"), (r"embed.leave", "embed.3"),
)


def test_uniformerv2_is_known_by_its_own_names() -> None:
    torch.manual_seed(0)
    sizes = {"width": 64, "depth": 12, "heads": 1, "narrow": 42}
    built = create_model("uniformerv2_b16", 5, clip=CLIP, local=2, halve=True, globals=8, **sizes).eval()
    own = built.state_dict()
    for key in [key for key in own if key.endswith(("attend.query.weight", "attend.query.bias"))]:
        own[key.replace("query", "in_proj")] = torch.cat([own.pop(key), own.pop(key.replace("query", "key_value"))])
    theirs = {}
    for ours, value in own.items():
        key = ours
        for pattern, name in THEIRS:
            key = re.sub(pattern, name, key)
        theirs[key] = value.flatten(0, 1) if key == "backbone.positional_embedding" else value
    again, x_NCTHW = from_checkpoint(theirs), clip(size=64)
    assert again.name == "uniformerv2_b16"
    with torch.inference_mode():
        torch.testing.assert_close(again(x_NCTHW), built(x_NCTHW))


@pytest.mark.parametrize("positions", ["learned", "fixed"])
def test_a_table_is_stretched_though_a_clip_has_as_many_patches(positions: str) -> None:
    """Four times the places in a quarter of the frames: the same number of patches, in other places."""
    own, came = Grid(0, 4, 2, 2), Grid(0, 1, 4, 4)
    made = Table(own, 8, 0, positions == "fixed")
    table_1LD = made.fixed if positions == "fixed" else made.table
    stretched = F.interpolate(table_1LD.transpose(1, 2).unflatten(2, (4, 2, 2)), (1, 4, 4), mode="trilinear")
    torch.testing.assert_close(made(came)[1], stretched.flatten(2).transpose(1, 2))


@pytest.mark.parametrize("positions", ["learned", "fixed"])
def test_frames_that_do_not_meet_share_the_places_of_any_clip(positions: str) -> None:
    network = create_model("tsn-vit_tiny", 5, clip=ClipSpec(1, 64, 64), positions=positions).double().eval()
    clip_NCTHW = torch.randn(1, 3, 4, 32, 32, dtype=torch.float64)
    torch.testing.assert_close(network(clip_NCTHW), network(clip_NCTHW.flip(2)))


@pytest.mark.parametrize("clips", [1, 2])
def test_places_are_projected_at_once(clips: int) -> None:
    """Of a view torch would copy the weights for every place, in bf16 at eight times the cost."""
    grid = Grid(0, 4, 2, 3)
    x_NLD = torch.randn(clips, 24, 5)
    places_MTD = by_place(x_NLD, grid)
    assert places_MTD.is_contiguous()
    assert torch.equal(by_frame(places_MTD, grid), x_NLD)
