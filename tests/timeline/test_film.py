"""Films put together from clips: their truth is where the clips are, and the same seed gives the same film."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinema.data.clips import ClipTable, read_table
from kinema.timeline.film import films
from kinema.timeline.gaps import GAPS


@pytest.fixture(scope="module")
def table(motion: Path) -> ClipTable:
    return read_table(motion)


def test_the_truth_is_where_the_clips_are(table: ClipTable) -> None:
    (film,) = films(table, frozenset(), 0.7, per_class=1, seed=3)
    shown = list(film.frames())
    times = [time for time, _ in shown]
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 1 / 12), abs=1e-3)
    assert len(film.truth) == len(film.rows) == len(table.labels)
    for row, segment in zip(film.rows, film.truth, strict=True):
        assert segment.label == table.labels[row.labels[0]]
        start, end = segment.start_seconds - 1e-6, segment.end_seconds - 1e-6
        inside = [picture for time, picture in shown if start <= time < end]
        assert np.array_equal(np.stack(inside), np.stack([picture for _, picture in film.played(row)]))
    assert times[-1] > sum(segment.seconds for segment in film.truth)
    again = list(films(table, frozenset(), 0.7, per_class=1, seed=3)[0].frames())
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(shown, again, strict=True))


def test_quiet_classes_are_shown_but_are_no_truth(table: ClipTable) -> None:
    quiet = table.labels.index("left")
    (film,) = films(table, frozenset({quiet}), 0.7, per_class=2, seed=0)
    for _ in film.frames():
        pass
    assert any(quiet in row.labels for row in film.rows)
    assert all(segment.label != "left" for segment in film.truth)


def test_a_clip_of_several_labels_is_several_segments(table: ClipTable) -> None:
    several = replace(table, rows=(replace(table.rows[0], labels=(2, 5)),), multi_label=True)
    (film,) = films(several, frozenset(), 0.7, per_class=1, seed=0)
    for _ in film.frames():
        pass
    one, other = film.truth
    assert (one.label, other.label) == (table.labels[2], table.labels[5])
    assert (one.start_seconds, one.end_seconds) == (other.start_seconds, other.end_seconds)


def test_what_cannot_be_read_is_left_out(table: ClipTable, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    (film,) = films(table.subset([0]), frozenset(), 0.7, per_class=1, seed=0)
    film.table = ClipTable(table.rows, table.labels, tmp_path)
    assert list(film.frames()) == []
    assert film.truth == []


@pytest.mark.parametrize("kind", GAPS, ids=lambda kind: kind.__name__)
def test_gaps_are_pictures_of_the_same_size(kind) -> None:
    seen = [np.full((20, 30, 3), 8 * k, np.uint8) for k in range(5)]
    show = kind(seen, np.random.default_rng(0))
    for k in range(12):
        assert np.clip(show(k), 0, 255).astype(np.uint8).shape == (20, 30, 3)
