"""Samples of the published lists, as they were published, and lists of class names."""

from pathlib import Path

import pytest

from kinema import read_table
from kinema.data.formats.label_lists import read_labels
from kinema.data.splits import split_table
from kinema.errors import DataError

SAMPLES = {  # place: format, clips, classes, clips of each split
    "activitynet+ActivityNet/Crawler/Kinetics/data/kinetics-400_val.head400.csv": (399, 9, {"val": 399}),
    "activitynet+ActivityNet/Crawler/Kinetics/data/kinetics-400_test.head100.csv": (99, 0, {"test": 99}),
    "yasirbot8+Human2Bot/data": (40, 174, {"val": 20, "test": 20}),
    "udacity+CVND---Gesture-Recognition/20bn-jester-v1/annotations": (
        2700,
        27,
        {"train": 2000, "val": 500, "test": 200},
    ),
    "okankop+Efficient-3DCNNs/annotation_Jester": (500, 27, {"val": 500}),
    "okankop+Efficient-3DCNNs/annotation_UCF101": (13320, 101, {"train": 9537, "test": 3783}),
    "piergiaj+representation-flow-cvpr19/data/hmdb": (1930, 51, {"train": 400, "test": 1530}),
    "DhanashreeA+KRProject/Charades": (22, 157, {"train": 11, "test": 11}),
    "GibranBenitez+IPN-hand/annotation_ipnGesture": (1480, 14, {"val": 1480}),
}


@pytest.mark.parametrize("place", SAMPLES)
def test_samples_of_the_real_lists(shared: Path, place: str) -> None:
    clips, classes, splits = SAMPLES[place]
    table = read_table(shared / "annotations" / place)
    assert (len(table), len(table.labels)) == (clips, classes)
    assert {split: len(table.select(split)) for split in splits} == splits
    labelled = {label for row in table.rows for label in row.labels}
    assert not labelled or max(labelled) < classes


@pytest.mark.parametrize(
    "place", [place for place, (_, _, splits) in SAMPLES.items() if {"train", "test"} <= set(splits)]
)
def test_official_splits_share_no_source(shared: Path, place: str) -> None:
    split = split_table(read_table(shared / "annotations" / place))
    assert len(split.train)
    assert len(split.test)


def test_two_publishers_of_one_list_agree(shared: Path) -> None:
    csv = read_table(shared / "annotations/udacity+CVND---Gesture-Recognition/20bn-jester-v1/annotations")
    numbered = read_table(shared / "annotations/okankop+Efficient-3DCNNs/annotation_Jester", labels=csv.labels)
    assert {row.path: row.labels for row in numbered.rows} == {row.path: row.labels for row in csv.select("val").rows}


@pytest.mark.parametrize(
    "name", ["kinetics/label_map_k400.txt", "mit/label_map.txt", "sthv2/label_map.txt", "jester/label_map.txt"]
)
def test_label_maps_are_read(shared: Path, name: str) -> None:
    path = shared / "annotations/open-mmlab+mmaction2/tools/data" / name
    assert len(read_labels(path)) == len(path.read_text().split("\n")) - (path.read_text()[-1] == "\n")


@pytest.mark.parametrize(
    ("name", "text", "labels"),
    [
        ("a.txt", "run\n\nwalk\n", ("run", "walk")),
        ("b.txt", "1 run\n2 walk\n", ("run", "walk")),
        ("c.csv", "walk,1\nrun,0\n", ("run", "walk")),
        ("d.json", '{"walk": "1", "run": "0"}', ("run", "walk")),
        ("e.json", '["run", "walk"]', ("run", "walk")),
        ("f.txt", "c000 run\nc001 walk", ("run", "walk")),
        ("g.json", '{"\\"air drumming\\"": 1, "run": 0}', ("run", "air drumming")),
    ],
)
def test_lists_of_labels_have_many_forms(tmp_path: Path, name: str, text: str, labels: tuple[str, ...]) -> None:
    (tmp_path / name).write_text(text)
    assert read_labels(tmp_path / name) == labels


def test_a_gap_in_the_numbers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("1: bend\n3: crouch\n")
    with pytest.raises(DataError, match="leave gaps"):
        read_labels(tmp_path / "labels.txt")
