"""Mixed clips: with whom, by how much, and what becomes of their targets."""

import numpy as np
import pytest
import torch

from kinema.training.mixing import Mixing, cutmix, mixup, neighbours


def clips(count: int, side: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """Clips (N 2 3 H W) that hold their number everywhere, each of a class of its own."""
    number_N = torch.arange(1, count + 1, dtype=torch.float32)
    return number_N[:, None, None, None, None].expand(-1, 2, 3, side, side + 4).clone(), torch.eye(count)


@pytest.mark.parametrize(("count", "pairs"), [(1, [0]), (2, [1, 0]), (4, [1, 0, 3, 2]), (5, [1, 0, 3, 2, 3])])
def test_each_clip_has_one_beside_it(count: int, pairs: list[int]) -> None:
    assert neighbours(torch.arange(count)).tolist() == pairs


def test_mixup_blends_clips_as_it_blends_targets() -> None:
    clips_NCTHW, targets_NK = clips(4)
    mixed_NCTHW, shares_NK = mixup(clips_NCTHW, targets_NK, 0.8, np.random.default_rng(1))
    expected_N = shares_NK @ torch.arange(1.0, 5)
    assert torch.allclose(mixed_NCTHW, expected_N[:, None, None, None, None].expand_as(mixed_NCTHW))
    assert torch.allclose(shares_NK.sum(1), torch.ones(4))
    assert shares_NK[0, 0] == shares_NK[1, 1] == pytest.approx(1 - float(shares_NK[0, 1]))
    assert 0 < shares_NK[0, 0] < 1


def test_cutmix_pastes_one_box_into_all_frames_and_counts_its_area() -> None:
    clips_NCTHW, targets_NK = clips(4)
    areas = []
    for seed in range(200):
        mixed_NCTHW, shares_NK = cutmix(clips_NCTHW, targets_NK, 1.0, np.random.default_rng(seed))
        pasted_NCTHW = mixed_NCTHW != clips_NCTHW
        assert torch.equal(mixed_NCTHW[pasted_NCTHW], neighbours(clips_NCTHW)[pasted_NCTHW])
        box_HW = pasted_NCTHW[0, 0, 0]
        assert torch.equal(pasted_NCTHW, box_HW.expand_as(pasted_NCTHW))
        assert int(box_HW.any(1).sum() * box_HW.any(0).sum()) == int(box_HW.sum())  # a box
        area = float(box_HW.float().mean())
        assert shares_NK[0].tolist() == pytest.approx([1 - area, area, 0, 0], abs=1e-6)
        areas.append(area)
    assert min(areas) == 0  # a box may be smaller than a pixel
    assert max(areas) > 0.7
    assert torch.equal(clips_NCTHW, clips(4)[0])  # what came is not changed


def test_the_key_alone_draws_and_both_ways_are_drawn_as_often() -> None:
    clips_NCTHW, targets_NK = clips(2)
    both, cuts = Mixing(mixup=1.0, cutmix=1.0), 0
    for step in range(200):
        mixed_NCTHW, shares_NK = both(clips_NCTHW, targets_NK, 1, 0, "mix", step)
        torch.manual_seed(step)
        again = both(clips_NCTHW, targets_NK, 1, 0, "mix", step)
        assert torch.equal(mixed_NCTHW, again[0])
        assert torch.equal(shares_NK, again[1])
        cuts += bool(((mixed_NCTHW == 1) | (mixed_NCTHW == 2)).all())
    assert 70 < cuts < 130
    assert Mixing()(clips_NCTHW, targets_NK, 1, 0)[0] is clips_NCTHW
