"""Classes of unequal size, and parts of the classes."""

from pathlib import Path

import pytest
import torch

from kinema.data.balance import class_weights, sampling_weights
from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.label_lists import read_labels
from kinema.data.minis import MINIS, mini, mini_labels, random_half
from kinema.errors import DataError


def table_of(*labels: tuple[int, ...], multi_label: bool = False) -> ClipTable:
    rows = tuple(ClipRow(f"{number}.mp4", label) for number, label in enumerate(labels))
    return ClipTable(rows, ("a", "b", "c"), Path("."), multi_label)


def test_weighted_clips_of_each_class_weigh_the_same() -> None:
    table = table_of((0,), (0,), (0,), (1,))
    weight_K = class_weights(table, sigmoid=False)
    torch.testing.assert_close(weight_K, torch.tensor([4 / 6, 2.0, 0.0]))
    assert sum(weight_K[row.labels[0]] for row in table.rows) == pytest.approx(len(table))


def test_positive_weights_balance_each_class_with_its_absence() -> None:
    table = table_of((0, 1), (0,), (0,), (), multi_label=True)
    torch.testing.assert_close(class_weights(table, sigmoid=True), torch.tensor([1 / 3, 3.0, 0.0]))
    rare = table_of((0,), *[()] * 999, multi_label=True)
    assert class_weights(rare, sigmoid=True)[0] == 100


def test_every_class_is_drawn_equally_often() -> None:
    torch.testing.assert_close(
        sampling_weights(table_of((0,), (0,), (0,), (1,))), torch.tensor([1, 1, 1, 3]).double() / 6
    )
    weight_N = sampling_weights(table_of((0, 1), (0,), (), multi_label=True))
    assert weight_N.sum() == pytest.approx(1)
    assert weight_N.min() > 0


@pytest.mark.parametrize(("name", "classes"), [("mini-ssv2", 87), ("mini-kinetics", 200)])
def test_the_published_mini_versions_are_in_the_package(name: str, classes: int) -> None:
    assert len(set(mini_labels(name))) == classes
    assert name in MINIS


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("mini-ssv2", "yasirbot8+Human2Bot/data/something-something-v2-labels.json"),
        ("mini-kinetics", "open-mmlab+mmaction2/tools/data/kinetics/label_map_k400.txt"),
    ],
)
def test_their_classes_are_classes_of_the_whole_set(shared: Path, name: str, labels: str) -> None:
    whole = read_labels(shared / "annotations" / labels)
    assert set(mini_labels(name)) <= set(whole)
    table = ClipTable(tuple(ClipRow(f"{n}.mp4", (n,)) for n in range(len(whole))), whole, Path("."))
    small = mini(table, name)
    assert small.labels == mini_labels(name)
    assert small.targets().tolist() == list(range(len(small.labels)))
    assert [whole[int(Path(row.path).stem)] for row in small.rows] == list(small.labels)


def test_a_part_of_the_whole_set_says_what_it_lacks() -> None:
    table = ClipTable((ClipRow("a.mp4", (1,)), ClipRow("b.mp4", (0,))), ("zorbing", "Yoga"), Path("."))
    small = mini(table, "mini-kinetics")
    assert [row.path for row in small.rows] == ["a.mp4"]
    assert "199 of the 200 classes" in small.notes[0]
    with pytest.raises(DataError, match="No clip has a class of mini-ssv2"):
        mini(table, "mini-ssv2")
    with pytest.raises(DataError, match="Nearest: mini-kinetics"):
        mini(table, "mini-kinetic")


def test_half_of_the_classes_is_the_seeds() -> None:
    labels = [str(number) for number in range(9)]
    half = random_half(labels, 3)
    assert len(half) == 4
    assert list(half) == sorted(half)
    assert half == random_half(labels, 3)
    assert len({random_half(labels, seed) for seed in range(20)}) > 5
