"""What holds for every network, whatever its modules."""

import pytest
import torch
from torch import nn

from benchmarks import checks
from kinema.errors import ModelError
from kinema.machine import Machine
from kinema.models import Network, create_model, list_models
from kinema.models.temporal import MODULES
from kinema.models.where import WHERE
from kinema.training.course import wrapped

TINY = [name for name in list_models("*-resnet_tiny*") if not name.startswith("twostream")]
SMALL = [*TINY, *(pytest.param(name, marks=pytest.mark.slow) for name in list_models("*inception_v1*"))]
HALVED = ("c2d", "i3d_fair")  # pool over frames whatever their name ends in
SIZED = tuple(module for module in MODULES if MODULES[module].sized)


def network(name: str, frames: int = 8, classes: int = 5, **options: object) -> Network:
    """A network in which every module has had an effect: nothing is left at a start that does nothing."""
    torch.manual_seed(0)
    built = create_model(name, classes, frames=frames, **options)  # type: ignore[arg-type]
    for module in built.modules():
        if isinstance(module, nn.BatchNorm3d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
    for key, parameter in built.named_parameters():
        if key.endswith(".alpha"):
            nn.init.ones_(parameter)
    return built.eval()


def clip(frames: int = 8, clips: int = 2, size: int = 32) -> torch.Tensor:
    """Clips that differ more and more from frame to frame."""
    return torch.randn(clips, 3, frames, size, size) * torch.linspace(0.5, 2, frames)[:, None, None]


@pytest.mark.parametrize("backbone", ["resnet_tiny", "resnet18", "inception_v1"])
@pytest.mark.parametrize("tp", ["", "-tp"])
def test_to_tsn_a_still_video_is_one_frame(backbone: str, tp: str) -> None:
    built, frame = network(f"tsn-{backbone}{tp}"), clip(1)
    with torch.inference_mode():
        torch.testing.assert_close(built(frame.expand(-1, -1, 8, -1, -1)), built(frame))


@pytest.mark.parametrize("name", [f"{module}-resnet_tiny" for module in MODULES])
def test_every_length_of_clip_passes(name: str) -> None:
    for tp in ("", "-tp") if MODULES[name.partition("-")[0]].tp else ("",):
        built = network(name + tp)
        for frames in (1, 2, 3, 5, 13):
            if name.startswith(SIZED):
                built = network(name + tp, frames)
            assert built(clip(frames)).shape == (2, 5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["s3d-inception_v1-tp", "i3d-inception_v1", "s3d-inception_v1"])
def test_inception_takes_short_and_small_clips(name: str) -> None:
    for frames in (1, 4):
        assert network(name)(clip(frames)).shape == (2, 5)


@pytest.mark.parametrize("name", SMALL[:12])
def test_logits_are_the_classifier_of_the_features(name: str) -> None:
    built, x_NCTHW = network(name), clip()
    with torch.inference_mode():
        torch.testing.assert_close(built(x_NCTHW), built.classifier(built.features(x_NCTHW)))
        assert built.features(x_NCTHW).shape == (2, built.classifier.in_features)
        left = 1 if name.endswith("-tp") else 4 if name.startswith(HALVED) else 8
        assert built.frame_features(x_NCTHW).shape[1] == left


def test_dropout_stands_before_the_classifier() -> None:
    assert create_model("tsn-resnet_tiny").dropout.p == 0.5
    built = network("tsn-resnet_tiny", dropout=1.0)
    nn.init.constant_(built.classifier.bias, 3)
    assert (built.train()(clip()) == 3).all()


@pytest.mark.parametrize("module", ["tsm", "tam", "i3d", "s3d"])
@pytest.mark.parametrize("backbone", ["resnet18", "inception_v1"])
def test_where_says_which_blocks_see_time(module: str, backbone: str) -> None:
    blocks = 8 if backbone == "resnet18" else 12
    seen = {}
    for where in WHERE:
        with torch.device("meta"):
            built = create_model(f"{module}-{backbone}", 5, where=where)
        tops = (m for key, m in built.named_modules() if key.endswith((".before", ".core", ".branch")))
        seen[where] = sum(any(sees_time(part) for part in top.modules()) for top in tops)
    one_by_one = 1 if (module, backbone) in (("i3d", "inception_v1"), ("s3d", "inception_v1")) else 0  # conv2 is 1x1
    assert seen["all"] == blocks - one_by_one
    assert seen["top"] == blocks // 2
    assert seen["bottom"] == blocks // 2 - one_by_one
    assert 0 < seen["alternate"] <= blocks // 2


def sees_time(module: nn.Module) -> bool:
    return type(module).__name__ == "Shift" or (isinstance(module, nn.Conv3d) and module.kernel_size[0] > 1)


def test_where_may_be_a_rule_and_no_block_at_all_is_tsn() -> None:
    x_NCTHW, blind = clip(), network("i3d-resnet_tiny", where=lambda block, blocks: False)
    alone = network("tsn-resnet_tiny")
    alone.load_state_dict(blind.state_dict())
    assert torch.equal(blind(x_NCTHW), alone(x_NCTHW))
    last = network("tam-resnet_tiny", where=lambda block, blocks: block == blocks - 1)
    assert [key for key, _ in last.named_parameters() if ".before." in key] == ["backbone.stages.4.0.before.mix.weight"]


@pytest.mark.parametrize("module", [*(m for m in MODULES if MODULES[m].tp), "tsm+se", "i3d+nonlocal"])
@pytest.mark.parametrize("where", ["top", "bottom", "alternate"])
def test_part_of_the_blocks_can_pool_time(module: str, where: str) -> None:
    assert network(f"{module}-resnet_tiny-tp", where=where)(clip()).shape == (2, 5)


@pytest.mark.parametrize("name", [name for name in TINY if name.endswith("-tp")])
def test_networks_can_be_laid_out_anew(name: str) -> None:
    built, x_NCTHW = network(name), clip()
    with torch.inference_mode():
        logits = built(x_NCTHW)
        laid_out = wrapped(built, Machine(channels_last=True))
        torch.testing.assert_close(laid_out(x_NCTHW.to(memory_format=torch.channels_last_3d)), logits)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["corrnet-resnet50", "swin3d_t", "mvitv2_s", "s3d-vit_tiny"])
def test_networks_of_other_weights_than_convolutions_can_too(name: str) -> None:
    built = checks.subject(name)
    clips_NCTHW = built.clip(clips=2)
    logits_NK = built.network(clips_NCTHW).detach()
    laid_out = wrapped(built.network, Machine(channels_last=True))
    again_NK = laid_out(clips_NCTHW.to(memory_format=torch.channels_last_3d))
    torch.testing.assert_close(again_NK.detach(), logits_NK, rtol=1e-3, atol=1e-4)
    again_NK.sum().backward()


@pytest.mark.parametrize("name", [f"{module}-resnet_tiny" for module in ("tam", "tin", "tanet", "tsn+nonlocal")])
def test_half_precision_passes(name: str) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        assert network(name).train()(clip()).isfinite().all()


def test_the_same_seed_makes_the_same_network() -> None:
    one, other = network("tam-resnet_tiny").state_dict(), network("tam-resnet_tiny").state_dict()
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_pictures_as_they_are_stored_are_refused_in_words() -> None:
    with pytest.raises(ModelError, match=r"clips of floats.*not torch.uint8"):
        network("tsn-resnet_tiny")(torch.zeros(1, 3, 4, 32, 32, dtype=torch.uint8))


def test_pooled_frames_tell_order_only_where_their_number_is_even() -> None:
    pooled = network("tsn-resnet_tiny-tp")
    for frames, told in ((9, False), (8, True)):
        x_NCTHW = torch.rand(2, 3, frames, 32, 32)
        assert torch.allclose(pooled(x_NCTHW), pooled(x_NCTHW.flip(2)), atol=1e-6) != told
