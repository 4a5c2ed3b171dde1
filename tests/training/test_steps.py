"""Which clips belong to which step: the same for every number of processes, and after every interruption."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.data.dataset import Steps


@given(st.integers(1, 60), st.integers(0, 9), st.sampled_from([(1, 1), (2, 1), (1, 2), (2, 2), (3, 2)]), st.data())
@settings(deadline=None, max_examples=60)
def test_processes_share_the_same_batches_and_a_resumed_run_goes_on_with_them(
    clips: int, seed: int, share: tuple[int, int], data: st.DataObject
) -> None:
    processes, accumulate = share
    batch = processes * accumulate * data.draw(st.integers(1, 4))
    if batch > clips:
        return
    total = 3 * (clips // batch)
    whole = list(Steps(clips, batch, total, seed))
    micro = list(Steps(clips, batch, total, seed, 0, accumulate))
    parts = [list(Steps(clips, batch, total, seed, 0, accumulate, rank, processes)) for rank in range(processes)]
    assert all(len(part) == total * accumulate for part in parts)
    for number, keys in enumerate(micro):  # what batch norm is computed over
        assert [key for part in parts for key in part[number]] == keys
    for step, keys in enumerate(whole):
        assert [key for part in micro[step * accumulate : (step + 1) * accumulate] for key in part] == keys
    first = data.draw(st.integers(0, total))
    assert list(Steps(clips, batch, total, seed, first)) == whole[first:]


def test_an_epoch_sees_every_clip_once_when_batches_fit() -> None:
    steps = Steps(12, 4, 6, seed=0)
    keys = [key for batch in steps for key in batch]
    assert sorted(index for epoch, index in keys if epoch == 0) == list(range(12))
    assert sorted(index for epoch, index in keys if epoch == 1) == list(range(12))
    assert keys[:12] != [(0, index) for _, index in keys[12:]]


def test_weights_draw_rare_clips_as_often() -> None:
    weights = torch.tensor([1.0] * 90 + [9.0] * 10)
    drawn = [index for batch in Steps(100, 10, 400, 0, weights=weights) for _, index in batch]
    assert 0.45 < sum(index >= 90 for index in drawn) / len(drawn) < 0.55


def test_repeats_are_views_of_the_same_clips_in_one_batch_none_of_which_is_seen_again() -> None:
    steps = Steps(12, 6, total=8, seed=0, repeats=2)
    assert steps.per_epoch == 4
    batches = list(steps)
    assert [sorted({index for _, index in keys}) for keys in batches] == [
        sorted(index for _, index in keys[:3]) for keys in batches]  # three clips, all of them, then all again
    assert all([index for _, index in keys[:3]] == [index for _, index in keys[3:]] for keys in batches)
    assert sorted(index for keys in batches[:4] for _, index in keys[:3]) == list(range(12))
    assert len({key for keys in batches for key in keys}) == 48  # each key is another view
