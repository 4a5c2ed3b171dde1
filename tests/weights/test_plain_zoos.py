"""Plain transformers, and SlowFast, of other forms than those with figures: what weights show, and what a name adds."""

import re

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.clip import ClipSpec
from kinema.weights import from_checkpoint, identify, shown_by

CLIP = ClipSpec(8, 64, 64)
MASKED = {"width": 192, "heads": 3, "depth": 2, "hidden": 768, "tubelet": 2}
SLOWFAST = (  # what PySlowFast's own code calls kinema's weights, in order
    (r"^backbone.laterals.(\d).0", r"s\1_fuse.conv_f2s"), (r"^backbone.laterals.(\d).1", r"s\1_fuse.bn"),
    (r"^backbone.(\w+).stem", r"s1.\1_stem"), (r"^backbone.(\w+).stages.(\d).(\d+).after", r"s\2.\1_nonlocal\3"),
    (r"^backbone.(\w+).stages.(\d).(\d+)", r"s\2.\1_res\3"),
    (r"(nonlocal\d+).query", r"\1.conv_theta"), (r"(nonlocal\d+).key", r"\1.conv_phi"),
    (r"(nonlocal\d+).value", r"\1.conv_g"), (r"(nonlocal\d+).out", r"\1.conv_out"), (r"(nonlocal\d+).norm", r"\1.bn"),
    (r"shortcut.conv", "branch1"), (r"shortcut.bn", "branch1_bn"),
    *((rf"branch.conv{number}", f"branch2.{letter}") for number, letter in enumerate("abc", start=1)),
    *((rf"branch.bn{number}", f"branch2.{letter}_bn") for number, letter in enumerate("abc", start=1)),
    (r"slow", "pathway0"), (r"fast", "pathway1"), (r"^classifier", "head.projection"),
)
VIT = (
    (r"^backbone.", ""), (r"^class_token", "cls_token"), (r"^positions.time", "pos_embed_temporal"),
    (r"^stem", "patch_embed.proj"), (r"^out.norm", "norm"), (r"^classifier", "head.projection"),
    (r"attention.norm", "norm1"), (r"attention.attend.out", "attn.proj"), (r"attention.attend", "attn"),
    (r"mlp.norm", "norm2"), (r"mlp.up", "mlp.fc1"), (r"mlp.down", "mlp.fc2"),
)


def renamed(weights: dict[str, torch.Tensor], rules: tuple[tuple[str, str], ...]) -> dict[str, torch.Tensor]:
    names = {}
    for key, value in weights.items():
        for pattern, new in rules:
            key = re.sub(pattern, new, key)
        names[key] = value
    return names


def masked(weights: dict[str, torch.Tensor], apart: bool) -> dict[str, torch.Tensor]:
    """The names of a masked autoencoder; queries, keys and values in one layer, or `apart` as in its pretraining."""
    named = renamed(weights, VIT)
    table = named.pop("positions.space")
    named |= {"pos_embed_class": table[:, :1], "pos_embed_spatial": table[:, 1:]}
    for key in [key for key in named if ".qkv." in key] if apart else []:
        named |= {key.replace("qkv", part): third for part, third in zip("qkv", named.pop(key).chunk(3), strict=True)}
    return named


@pytest.mark.parametrize("apart", [False, True])
def test_a_masked_autoencoder_is_told_from_its_weights(apart: bool) -> None:
    torch.manual_seed(0)
    made = create_model("i3d-vit_tiny", 5, clip=CLIP, readout="class_patches", **MASKED).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(std=0.1)
    weights, x_NCTHW = masked(made.state_dict(), apart), torch.randn(1, *CLIP.shape_CTHW)
    with torch.inference_mode():
        assert torch.equal(from_checkpoint(weights)(x_NCTHW), made(x_NCTHW))
    encoder = {key: value for key, value in weights.items() if not key.startswith("head.")}
    decoder = {name: torch.zeros(8) for name in (
        "mask_token", "decoder_embed.bias", "dec_pos_embed_class", "pred_head.projections.0.bias")}
    with pytest.raises(ModelError, match="pass classes="):
        from_checkpoint(encoder | decoder)
    assert from_checkpoint(encoder | decoder, classes=3).classes == 3


def test_patches_beside_a_class_token_are_averaged_and_then_normalised() -> None:
    network = create_model("i3d-vit_tiny", 5, readout="class_patches").eval()
    seen: list[torch.Tensor] = []
    network.backbone.blocks[-1].register_forward_hook(lambda block, asked, x_NLD: seen.append(x_NLD))
    logits = network(torch.randn(1, *network.clip.shape_CTHW))
    mean_ND = seen[0][:, 1:].mean(1)
    assert torch.allclose(logits, network.classifier(network.backbone.out.norm(mean_ND)), atol=1e-6)


def test_a_network_that_learned_by_comparing_views_is_told_without_its_teacher() -> None:
    with torch.device("meta"):
        own = create_model("slow_r50_8x8", 5).state_dict()
    single = {re.sub(r"^backbone\.", "backbone.slow.", key): value for key, value in own.items()}
    named = {re.sub(r"^s(\d)(?=\.pathway\d_res)", lambda found: f"s{int(found[1]) + 1}", key): value
             for key, value in renamed(single, SLOWFAST).items()}
    weights = {f"{root}.{key}": value for root in ("backbone", "backbone_hist") for key, value in named.items()}
    assert [one.model for one in identify(weights | {"queue_x": torch.zeros(8, 8), "ptr": torch.zeros(1)})] == [
        "slow-resnet50"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["slowfast_nln_r50_4x16", "slowfast_nln_r50_8x8"])
def test_a_published_name_says_what_the_weights_leave_open(name: str) -> None:
    with torch.device("meta"):
        own = create_model("slowfast_nln_r50_4x16", 5).state_dict()
    weights = {re.sub(r"^s(\d)(?=\.pathway\d_(res|non)|_fuse)", lambda found: f"s{int(found[1]) + 1}", key): value
               for key, value in renamed(own, SLOWFAST).items()}
    with pytest.raises(ModelError, match="alpha="):
        from_checkpoint(weights)
    shown = shown_by(weights, name, create_model(name).clip, {}).options
    assert shown["taps"] == 5
    assert "alpha" not in shown


@pytest.mark.parametrize("module", ["tsn", "s3d"])
def test_an_encoder_of_transformers_is_told_without_its_classifier(module: str) -> None:
    rules = (
        (r"^backbone.blocks", "encoder.layer"), (r"^backbone.stem", "embeddings.patch_embeddings.projection"),
        (r"^backbone.class_token", "embeddings.cls_token"), (r"^backbone.out.norm", "layernorm"),
        (r"^backbone.positions.space", "embeddings.position_embeddings"),
        (r"^backbone.positions.time", "embeddings.time_embeddings"),
        (r"attention.time.norm", "temporal_layernorm"), (r"attention.time.out", "temporal_dense"),
        (r"attention.time.attend.qkv", "temporal_attention.attention.qkv"),
        (r"attention.time.attend.out", "temporal_attention.output.dense"),
        (r"attention.norm", "layernorm_before"), (r"\.attention.attend.qkv", ".attention.attention.qkv"),
        (r"\.attention.attend.out", ".attention.output.dense"), (r"mlp.norm", "layernorm_after"),
        (r"mlp.up", "intermediate.dense"), (r"mlp.down", "output.dense"),
    )
    weights = renamed(create_model(f"{module}-vit_tiny", 5).state_dict(), rules)
    encoder = {key: value for key, value in weights.items() if not key.startswith("classifier.")}
    with pytest.raises(ModelError, match="pass classes="):
        from_checkpoint(encoder)
    assert from_checkpoint(encoder, classes=3).name == f"{module}-vit_tiny"
