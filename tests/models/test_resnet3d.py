"""What the modules of 3-D residual networks do: which frames they cover, what they split, what they leave out."""

import pytest
import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models import ClipSpec, create_model, list_models
from kinema.models.backbones.shortcut import Padded
from kinema.models.temporal.p3d import Pseudo
from kinema.models.temporal.r2plus1d import middle_channels
from tests.models.test_networks import clip, network


def covers(name: str, **options: object) -> list[int]:
    """The frames that the stem's convolution and the last one over pixels of each stage cover."""
    with torch.device("meta"):
        built = create_model(name, 5, **options)  # type: ignore[arg-type]
    assert isinstance(built.backbone.stem, nn.Module)
    return [built.backbone.stem.conv.kernel_size[0], *(  # type: ignore[union-attr, index]
        stage[0].branch.conv2.kernel_size[0] for stage in built.backbone.stages)]  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "frames"), [
    ("r3d_18", [3, 3, 3, 3, 3]), ("f_r2d_18", [1, 1, 1, 1, 1]), ("resnet3d_18", [7, 3, 3, 3, 3]),
    ("mc2_18", [3, 1, 1, 1, 1]), ("mc3_18", [3, 3, 1, 1, 1]), ("mc4_18", [3, 3, 3, 1, 1]), ("mc5_18", [3, 3, 3, 3, 1]),
    ("rmc2_18", [1, 3, 3, 3, 3]), ("rmc3_18", [1, 1, 3, 3, 3]), ("rmc4_18", [1, 1, 1, 3, 3]),
    ("rmc5_18", [1, 1, 1, 1, 3]),
])
def test_stages_see_the_frames_they_are_named_for(name: str, frames: list[int]) -> None:
    assert covers(name) == frames


@pytest.mark.parametrize(("name", "left"), [
    ("r3d_18", 2), ("mc2_18", 16), ("mc3_18", 16), ("mc4_18", 8), ("mc5_18", 4), ("rmc2_18", 2), ("rmc3_18", 2),
    ("rmc4_18", 4), ("rmc5_18", 8), ("f_r2d_18", 16), ("resnet3d_18", 1), ("r2plus1d_r50", 4), ("p3d_63", 1),
])
def test_frames_are_halved_where_they_were_in_the_published_networks(name: str, left: int) -> None:
    with torch.device("meta"):
        assert create_model(name, 5).frame_features(torch.empty(1, 3, 16, 64, 64)).shape[1] == left


def test_the_parts_of_a_convolution_have_the_weights_of_the_whole() -> None:
    for inputs, outputs in ((64, 64), (64, 128), (512, 512)):
        middle, whole = middle_channels(inputs, outputs, 3, 3), inputs * outputs * 27
        assert whole * 0.98 < middle * (9 * inputs + 3 * outputs) <= whole
    assert [middle_channels(*sizes) for sizes in ((3, 64, 7, 7), (3, 64, 3, 7), (64, 128, 3, 1))] == [110, 83, 54]


def test_a_csn_bottleneck_sees_each_channel_by_itself() -> None:
    with torch.device("meta"):
        reduced, kept = (create_model(f"{kind}csn-resnet50", 5).backbone.stages[1][0].branch.conv2  # type: ignore[union-attr, index]
                         for kind in ("ir", "ip"))
    assert (reduced.groups, tuple(reduced.kernel_size)) == (128, (3, 3, 3))
    assert [name for name, _ in kept.named_children()] == ["point", "norm", "depth"]
    assert (kept.point.groups, kept.depth.groups) == (1, 128)


def test_p3d_takes_its_kinds_by_turns_and_leaves_the_last_stage_alone() -> None:
    with torch.device("meta"):
        built = create_model("p3d_63", 5)
    kinds = [part.kind for part in built.modules() if isinstance(part, Pseudo)]
    assert "".join(kinds) == ("ABC" * 5)[:13]


def test_the_frames_of_p3d_kinds_meet_as_they_should() -> None:
    x_NCTHW = torch.randn(1, 4, 5, 3, 3)
    for kind in "ABC":
        part = Pseudo(kind, nn.Conv3d(4, 4, 1), nn.Conv3d(4, 4, (3, 1, 1), padding=(1, 0, 0)), 1e-5).eval()  # type: ignore[arg-type]
        still = part.space_norm(part.space(x_NCTHW)).relu()
        moving = part.time_norm(part.time(x_NCTHW if kind == "B" else still)).relu()
        torch.testing.assert_close(part(x_NCTHW), {"A": moving}.get(kind, still + moving))


def test_a_padded_shortcut_picks_and_adds_nothing() -> None:
    x_NCTHW = torch.randn(1, 2, 5, 4, 4, requires_grad=True)
    for cut in (False, True):
        y_NCTHW = Padded(3, (2, 2), cut)(x_NCTHW)
        assert torch.equal(y_NCTHW[:, :2], x_NCTHW[:, :, ::2, ::2, ::2])
        assert not y_NCTHW[:, 2:].any()
        assert y_NCTHW.requires_grad != cut


@pytest.mark.parametrize("shortcut", ["padded", "cut"])
def test_networks_without_projections_learn(shortcut: str) -> None:
    built = network("r3d-resnet_tiny-tp", shortcut=shortcut).train()
    assert not any(".shortcut." in key for key, _ in built.named_parameters())
    built(clip()).sum().backward()
    assert all(parameter.grad is not None for parameter in built.parameters())


@pytest.mark.parametrize(("name", "options", "told"), [
    ("r3d-resnet_tiny", {"stem_pool": "pixel"}, "Nearest: pixels"), ("r3d-resnet_tiny", {"steps": [1, 2]}, "steps="),
    ("r3d-resnet_tiny", {"shortcut": "none"}, "shortcut='none'"), ("p3d-resnet_tiny", {"kinds": "ABD"}, "p3d's kinds"),
    ("r2plus1d-resnet_tiny", {"middle": "blocks"}, "Nearest: block"),
    ("r3d-resnet_tiny", {"stem_step": 0}, "stem_step"), ("c3d", {"frames": 8}, "c3d takes"),
    ("c3d", {"depth": 2}, "an odd number of frames"), ("c3d", {"widths": [[4]]}, "each of five stages"),
    ("r3d-resnet_tiny", {"stem_frames": 1, "stem_step": 2}, "stem_frames=1"),
])
def test_what_cannot_be_is_told(name: str, options: dict, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        create_model(name, 5, **options)


def test_c3d_refuses_clips_its_weights_are_not_sized_by() -> None:
    with torch.device("meta"):
        built = create_model("c3d", 5)
        assert built(torch.empty(1, 3, 16, 112, 112)).shape == (1, 5)
        with pytest.raises(ModelError, match=r"takes clips of \(16, 112, 112\).*Create it with"):
            built(torch.empty(1, 3, 16, 96, 96))


@pytest.mark.parametrize("depth", [1, 3, 5, 7])
def test_a_small_c3d_has_kernels_of_any_depth(depth: int) -> None:
    small = {"widths": [[4], [8], [8, 8], [8], [8]], "hidden": 16, "depth": depth}
    built = create_model("c3d", 5, clip=ClipSpec(frames=16, height=16, width=16), **small)
    kernels = [module.kernel_size for module in built.modules() if isinstance(module, torch.nn.Conv3d)]
    assert kernels == [(depth, 3, 3)] * 6
    assert built(torch.rand(1, 3, 16, 16, 16)).shape == (1, 5)


def test_forms_are_listed_with_what_they_were_published_with() -> None:
    assert {"r3d-wide_resnet50-tp", "r3d-densenet121-tp", "r3d-preact_resnet200"} <= set(list_models("r3d-*"))
    assert not list_models("tsm-densenet*")
