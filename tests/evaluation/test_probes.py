"""A probed clip of flow shows what moves in the probed video: nothing, or everything the other way round."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import kinema
from kinema.data.cache import ClipCache
from kinema.data.clips import ClipRow, ClipTable, read_table
from kinema.data.synthetic.encode import write_mp4
from kinema.data.transforms import test_transform as judged
from kinema.data.video import open_video
from kinema.evaluation.predict import UNCHANGED, EvaluationClips, Probe
from kinema.evaluation.probes import AS_THEY_ARE, PROBES, SINGLE, temporal_probes
from kinema.machine import Machine
from kinema.models.clip import CHANNELS, ClipSpec
from kinema.recipe import Recipe
from kinema.runs import Run

HERE = Machine(accelerator="cpu", workers=0)
SPEC = ClipSpec(frames=8, height=24, width=24, input="flow")  # of clips of eight frames: it shows all of them
KINDS = [kind for kind in CHANNELS if "flow" in kind]


@pytest.fixture(scope="module")
def table(motion: Path) -> ClipTable:
    """Two made-up clips of something that moves to the left and to the right."""
    whole = read_table(motion)
    return whole.subset([[Path(row.path).parent.name for row in whole.rows].index(way) for way in ("left", "right")])


def views(table: ClipTable, spec: ClipSpec, probe: Probe = UNCHANGED, cached: Path | None = None) -> torch.Tensor:
    """What a network is shown of the clips (N C T H W)."""
    clips = EvaluationClips(table, spec, (1, 1), ClipCache(cached, spec), judged(spec), probe)
    return torch.cat([clips[number][1] for number in range(len(table))])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_moves_in_a_frozen_clip(table: ClipTable, tmp_path: Path, kind: str) -> None:
    spec = replace(SPEC, input=kind)
    for cached in (None, tmp_path, tmp_path):
        moves = views(table, spec, cached=cached)
        still = views(table, spec, PROBES["frozen"], cached)
        assert moves[:, -2 * spec.fields :].any()
        assert not still[:, -2 * spec.fields :].any()
        pictures = moves[:, : -2 * spec.fields, 4:5]
        assert torch.equal(still[:, : -2 * spec.fields], pictures.expand(-1, -1, 8, -1, -1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_reversed_clip_is_that_of_the_video_played_backwards(table: ClipTable, tmp_path: Path, kind: str) -> None:
    spec = replace(SPEC, input=kind)
    with open_video(table.path(table.rows[0])) as video:
        frames_THWC = video.read(range(8))
    write_mp4(tmp_path / "forwards.mp4", frames_THWC, 8.0)
    write_mp4(tmp_path / "backwards.mp4", np.ascontiguousarray(frames_THWC[::-1]), 8.0)
    forwards, backwards = (replace(table, rows=(ClipRow(str(tmp_path / f"{way}.mp4")),))
                           for way in ("forwards", "backwards"))
    expected = views(backwards, spec)
    assert not torch.allclose(views(forwards, spec).flip(2), expected)
    for cached in (None, tmp_path / "cache", tmp_path / "cache"):
        assert torch.equal(views(forwards, spec, PROBES["reversed"], cached), expected)


@pytest.mark.parametrize("name", ["shuffled", "half the rate", "twice the rate"])
def test_frames_in_another_order_or_at_another_rate_keep_their_own_fields(table: ClipTable, name: str) -> None:
    spec = replace(SPEC, input="rgb+flow_stack")
    plain, found = views(table, spec), views(table, spec, PROBES[name])
    for row, one, other in zip(table.rows, plain, found, strict=True):
        order = PROBES[name].frames(torch.arange(8)[None], 8, row.path)[0]
        assert torch.equal(other, one[:, order])


def test_a_run_of_flow_is_probed(motion: Path, tmp_path: Path) -> None:
    """Where nothing moves, a network of flow alone gives every clip the same answer."""
    recipe = Recipe(str(motion), "tsn-resnet_tiny", frames=4, size=32, epochs=1, batch=8, validation=0.2, input="flow",
                    out=str(tmp_path / "run"))
    kinema.train(recipe, HERE, quiet=True)
    run = Run.open(tmp_path / "run")
    found = {each.name: each for each in temporal_probes(run, machine=HERE)}
    classes = [next(iter(row.labels)) for row in run.split().test.rows]
    shares = {classes.count(number) / len(classes) for number in range(12)}
    assert found["frozen"].top1.value == found[SINGLE].top1.value
    assert found[SINGLE].top1.value in shares
    assert found["shuffled"].top1.value == found[AS_THEY_ARE].top1.value
