"""A source is never on both sides, and every clip is on one."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema import read_table
from kinema.data.clips import ClipRow, ClipTable
from kinema.data.splits import grouped_folds, partition, split_table
from kinema.errors import DataError


def table_of(rows: list[ClipRow], labels: tuple[str, ...] = ("a", "b", "c")) -> ClipTable:
    return ClipTable(tuple(rows), labels, Path("."))


SOURCES = st.none() | st.sampled_from([f"camera{number}" for number in range(12)])
TABLES = (
    st.lists(st.tuples(st.integers(0, 2), SOURCES), min_size=12, max_size=80)
    .map(
        lambda clips: table_of(
            [ClipRow(f"{n}.mp4", (label,), source=source) for n, (label, source) in enumerate(clips)]
        )
    )
    .filter(lambda table: len({row.group for row in table.rows}) >= 10)
)


@settings(deadline=None)
@given(TABLES, st.integers(2, 5), st.integers(0, 9))
def test_folds_split_no_source_and_leave_nothing_out(table: ClipTable, folds: int, seed: int) -> None:
    tests: Counter[str] = Counter()
    for fold in range(folds):
        split = split_table(table, f"fold={fold}/{folds}", seed, validation=0.25)
        sides = [{row.group for row in side.rows} for side in (split.train, split.validation, split.test)]
        assert len(set.union(*sides)) == sum(map(len, sides))
        paths = [row.path for side in (split.train, split.validation, split.test) for row in side.rows]
        assert sorted(paths) == sorted(row.path for row in table.rows)
        tests.update(row.path for row in split.test.rows)
    assert set(tests.values()) == {1}
    assert len(tests) == len(table)


@pytest.mark.slow
@settings(deadline=None)
@given(TABLES, st.integers(0, 9), st.randoms())
def test_folds_depend_on_the_seed_alone(table: ClipTable, seed: int, random) -> None:  # type: ignore[no-untyped-def]
    folds = dict(zip((row.path for row in table.rows), grouped_folds(table, 4, seed).tolist(), strict=True))
    order = list(range(len(table)))
    random.shuffle(order)
    shuffled = table.subset(order)
    assert (
        dict(zip((row.path for row in shuffled.rows), grouped_folds(shuffled, 4, seed).tolist(), strict=True)) == folds
    )


def test_another_seed_makes_other_folds() -> None:
    table = table_of([ClipRow(f"{n}.mp4", (n % 3,)) for n in range(60)])
    assert (grouped_folds(table, 5, 0) != grouped_folds(table, 5, 1)).any()


def test_classes_are_spread_evenly() -> None:
    table = table_of([ClipRow(f"{n}.mp4", (int(n % 10 == 0) + int(n % 25 == 0),)) for n in range(500)])
    for fold in range(5):
        counts = split_table(table, f"fold={fold}").test.counts()
        assert sum(counts.values()) == 100
        assert all(abs(counts[name] - number / 5) <= 1 for name, number in table.counts().items())


def test_parts_of_unequal_size() -> None:
    table = table_of([ClipRow(f"{n}.mp4", (n % 3,)) for n in range(300)])
    assert np.bincount(partition(table, [0.9, 0.1], 0)).tolist() == [270, 30]


def test_parts_of_one_file_stay_together() -> None:
    table = table_of([ClipRow(f"{n // 10}.mp4", (n % 2,), float(n), n + 1.0) for n in range(100)])
    split = split_table(table)
    assert not {row.path for row in split.train.rows} & {row.path for row in split.test.rows}


def test_the_tables_own_folds_come_first() -> None:
    table = table_of([ClipRow(f"{n}.mp4", (n % 2,), source=f"s{n}", fold="xy"[n % 2]) for n in range(20)])
    assert {row.fold for row in split_table(table, "fold=x").test.rows} == {"x"}
    with pytest.raises(DataError, match=r"No clip is in fold '0'. Folds: x, y"):
        split_table(table, "fold=0")
    assert len(split_table(table, "fold=0/4").test) == 5


def test_the_tables_own_split_is_taken() -> None:
    rows = [ClipRow(f"{n}.mp4", (n % 2,), split=("train", "train", "val", "test")[n % 4]) for n in range(40)]
    split = split_table(table_of(rows))
    assert [len(side) for side in (split.train, split.validation, split.test)] == [20, 10, 10]
    on_val = split_table(table_of(rows), "split=val", validation=0.2)
    assert [len(side) for side in (on_val.train, on_val.validation, on_val.test)] == [16, 4, 10]
    assert {row.split for row in on_val.train.rows + on_val.validation.rows} == {"train"}


def test_validation_is_tested_on_where_the_test_labels_are_secret() -> None:
    rows = [ClipRow(f"{n}.mp4", (n % 2,), split="train" if n % 2 else "val") for n in range(20)]
    split = split_table(table_of([*rows, ClipRow("secret.mp4", split="test")]))
    assert (len(split.train), len(split.validation), {row.split for row in split.test.rows}) == (10, 0, {"val"})


def test_a_source_on_both_sides_is_refused() -> None:
    rows = [ClipRow(f"{n}.mp4", (n % 2,), split="train" if n < 8 else "test", source=f"s{n % 9}") for n in range(12)]
    with pytest.raises(
        DataError, match=r"3 sources are on both sides of the split \(s0, s1, s2\), with 3 of the 8 clips"
    ):
        split_table(table_of(rows))
    assert len(split_table(table_of(rows), "fold=0/3").test)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("fold=7", "No clip is in fold '7'. Folds: 0, 1"),
        ("fold=0/99", "20 sources .* do not make 99 parts. Ask for fewer: --split fold=0/20"),
        ("half", "is no split. Expected"),
        ("split=exam", "the clips have no splits"),
        ("fold=0/1", "at least 2"),
    ],
)
def test_a_split_that_cannot_be_says_why(spec: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        split_table(table_of([ClipRow(f"{n}.mp4", (n % 2,)) for n in range(20)]), spec)


def test_too_few_sources_for_validation_are_all_trained_on() -> None:
    rows = [ClipRow(f"{n}.mp4", (n % 2,), split="train" if n else "test") for n in range(2)]
    split = split_table(table_of(rows), validation=0.1)
    assert (len(split.train), len(split.validation), len(split.test)) == (1, 0, 1)


def test_a_class_that_is_only_tested_is_noted() -> None:
    rows = [ClipRow(f"{n}.mp4", (n % 2,), split="train") for n in range(8)] + [ClipRow("x.mp4", (2,), split="test")]
    assert "No clip to train on: c." in split_table(table_of(rows)).train.notes


def test_clips_of_several_labels_or_none_are_all_split() -> None:
    rows = [ClipRow(f"{n}.mp4", ((), (0,), (0, 2))[n % 3]) for n in range(30)]
    split = split_table(ClipTable(tuple(rows), ("a", "b", "c"), Path("."), multi_label=True), "fold=1")
    assert (len(split.train), len(split.test)) == (24, 6)


def test_the_surveillance_folds_keep_sources_apart(shared: Path) -> None:
    table = read_table(shared / "videos" / "surv-fight")
    own = [split_table(table, f"fold={fold}").test for fold in range(5)]
    assert [len(test) for test in own] == [48, 46, 48, 49, 49]
    for seed in range(3):
        tests = [split_table(table, f"fold={fold}/5", seed).test for fold in range(5)]
        assert sum(len(test) for test in tests) == 240
        assert all(40 <= len(test) <= 56 and 15 <= test.counts()["fight"] <= 33 for test in tests)
