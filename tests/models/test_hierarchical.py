"""What hierarchical transformers promise beyond what all networks do."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import Network, create_model
from kinema.models.clip import ClipSpec
from kinema.models.transformer.mvit_attention import between
from kinema.models.transformer.swin_attention import WindowAttention, from_windows, to_windows
from kinema.models.transformer.uniformer_light import shrunk

SMALL = ClipSpec(4, 64, 64)
TINY = {
    "mvit_b": {"width": 32, "depth": 4, "steps": (1, 3)},
    "mvitv2_s": {"width": 32, "depth": 4, "steps": (1, 3)},
    "rev_mvit_b": {"width": 32, "depth": 4, "steps": (1, 3)},
    "swin3d_t": {"width": 24, "depths": (2, 2), "heads": (2, 4), "window": (2, 4, 4)},
    "uniformer_s": {"widths": (8, 16, 32, 64), "depths": (1, 1, 2, 1), "head": 16},
    "uniformer_xxs": {"widths": (8, 16, 32, 64), "depths": (1, 1, 3, 2), "head": 16},
}
UNREAD = ("blocks.3.attention.query.conv", "blocks.3.attention.positions")  # only the class token is read in the end


def network(name: str, clip: ClipSpec = SMALL, **options: object) -> Network:
    torch.manual_seed(0)
    built = create_model(name, 5, clip=clip, **{**TINY[name], **options})  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.normal_(std=0.2)
    return built.eval()


@pytest.mark.parametrize("name", TINY)
def test_clips_of_any_length_and_of_other_sizes_pass(name: str) -> None:
    built = network(name)
    for frames, height, width in ((1, 64, 64), (3, 64, 64), (9, 32, 48), (4, 50, 70)):
        assert built(torch.randn(1, 3, frames, height, width)).shape == (1, 5)


@pytest.mark.parametrize("name", TINY)
def test_every_parameter_has_a_part_in_the_answer(name: str) -> None:
    built = network(name)
    (built(torch.randn(2, *SMALL.shape_CTHW)) * torch.randn(2, 5)).sum().backward()
    idle = [key for key, parameter in built.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert all(name in ("mvit_b", "mvitv2_s") and any(part in key for part in UNREAD) for key in idle)


@pytest.mark.parametrize("name", TINY)
def test_none_can_be_causal(name: str) -> None:
    with pytest.raises(ModelError, match="cannot be causal"):
        create_model(name, causal=True, **TINY[name])


@pytest.mark.parametrize("option", [{"positions": "circular"}, {"widen": "head"}, {"kernel": (3, 3)}])
def test_an_unknown_form_is_refused(option: dict) -> None:
    with pytest.raises(ModelError):
        create_model("mvitv2_s" if "widen" in option else "mvit_b", **option)


def test_a_uniformer_says_which_clips_are_too_small() -> None:
    for name in ("uniformer_s", "uniformer_xxs"):
        with pytest.raises(ModelError, match="32 pixels or more"):
            network(name)(torch.randn(1, 3, 4, 31, 64))


def test_what_went_into_a_reversible_stage_follows_from_what_came_out() -> None:
    block = network("rev_mvit_b").backbone.blocks[2].double()  # type: ignore[union-attr, operator]
    one, other, grid = torch.randn(1, 32, 64).double(), torch.randn(1, 32, 64).double(), (2, 4, 4)
    first = one + block.see(other, grid)[0]  # type: ignore[union-attr, operator]
    second = other + block.think(first)  # type: ignore[union-attr, operator]
    back = second - block.think(first)  # type: ignore[union-attr, operator]
    torch.testing.assert_close(back, other)
    torch.testing.assert_close(first - block.see(back, grid)[0], one)  # type: ignore[union-attr, operator]


def test_distances_count_in_steps_of_the_finer_grid() -> None:
    table = torch.arange(7.0)[:, None]
    assert between(table, 4, 4)[..., 0].tolist() == [[3, 2, 1, 0], [4, 3, 2, 1], [5, 4, 3, 2], [6, 5, 4, 3]]
    assert between(table, 4, 2)[..., 0].tolist() == [[2, 0], [3, 1], [4, 2], [5, 3]]
    assert between(table[:3], 4, 4).shape == (4, 4, 1)


def test_windows_are_put_together_again() -> None:
    x_NTHWC = torch.randn(2, 4, 6, 9, 5)
    windows = to_windows(x_NTHWC, (2, 3, 3))
    assert windows.shape == (2 * 2 * 2 * 3, 18, 5)
    assert torch.equal(from_windows(windows, (2, 3, 3), (4, 6, 9)), x_NTHWC)


def test_patches_attend_within_their_shifted_window_alone() -> None:
    attention = WindowAttention(4, 1, (2, 2, 2), shifted=True)
    x_NTHWC = torch.randn(1, 4, 4, 4, 4, requires_grad=True)
    attention(x_NTHWC)[0, 0, 1, 1].sum().backward()
    seen = x_NTHWC.grad[0].abs().sum(-1).nonzero().tolist()  # type: ignore[index]
    assert seen == [[0, row, column] for row in (1, 2) for column in (1, 2)]  # the first frame's window wrapped around


def test_importance_keeps_its_sum() -> None:
    weight_NL = torch.rand(2, 3 * 4 * 6)
    smaller = shrunk(weight_NL, torch.Size((3, 4, 6)))
    assert smaller.shape == (2, 3 * 2 * 3)
    torch.testing.assert_close(smaller.sum(1), weight_NL.sum(1))
