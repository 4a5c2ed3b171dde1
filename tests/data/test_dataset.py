"""From a list to batches: errors are told in words, problems once, and few batches wait in memory."""

from pathlib import Path

import pytest
import torch

from kinema.data.cache import ClipCache
from kinema.data.clips import ClipRow, ClipTable
from kinema.data.dataset import QUEUED_BYTES, ProblemLog, Steps, TrainingClips, make_loader, queue_length
from kinema.errors import DataError
from kinema.models.clip import ClipSpec
from tests.data.encode import cut, damaged, encode

SPEC = ClipSpec(frames=4, height=32, width=32)


def clips_of(folder: Path, *names: str) -> TrainingClips:
    table = ClipTable(tuple(ClipRow(name, (0,)) for name in names), ("a", "b"), folder)

    def transform(images_THWC: torch.Tensor, target_K: torch.Tensor, _: torch.Generator) -> tuple:
        return images_THWC.permute(3, 0, 1, 2).float(), target_K

    return TrainingClips(table, SPEC, transform, ClipCache(None, SPEC), 0, ProblemLog(folder / "problems.jsonl"))


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_in_a_worker_is_its_message_alone(tmp_path: Path, workers: int) -> None:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_text("no video")
    loader = make_loader(clips_of(tmp_path, "a.mp4", "b.mp4"), Steps(2, 2, 1, 0), workers)
    with pytest.raises(DataError, match=r"^50 clips in a row could not be read") as caught:
        list(loader)
    assert "Traceback" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_partly_broken_clip_is_written_down_once(tmp_path: Path) -> None:
    cut(encode(tmp_path / "a.ts", 60), tmp_path / "b.ts", 0.6)
    clips = clips_of(tmp_path, "a.ts", "b.ts")
    for key in ((0, 0), (0, 1), (1, 1)):
        clips[key]
    (line,) = (tmp_path / "problems.jsonl").read_text().splitlines()
    assert '"b.ts"' in line
    assert "truncated" in line


def test_few_batches_wait() -> None:
    assert queue_length(2, 1 << 20) == 4
    assert queue_length(4, 100 << 20) * 4 * (100 << 20) <= QUEUED_BYTES
    assert queue_length(8, 1 << 30) == 1


def test_a_clip_depends_on_its_key_alone_where_a_video_is_damaged(tmp_path: Path) -> None:
    """A draw that meets damage is made again from what there is; what was drawn before does not count."""
    damaged(tmp_path, 29, b"\xff")
    together = clips_of(tmp_path, "a.mp4")
    drawn = [together[epoch, 0][0] for epoch in range(6)]
    assert all(torch.equal(clips_of(tmp_path, "a.mp4")[epoch, 0][0], drawn[epoch]) for epoch in reversed(range(6)))
    assert not together.broken
    assert "stops after 29" in together.problems.read()[0]["problem"]
