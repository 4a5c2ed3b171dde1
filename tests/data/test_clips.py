"""Folders as people have them become one table, or one clear error."""

import os
from pathlib import Path

import numpy as np
import pytest

from kinema import read_table
from kinema.data.clips import ClipRow
from kinema.errors import DataError


def touch(root: Path, *names: str) -> Path:
    """Empty files below `root`: a reader looks at names only."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_a_folder_has_a_class_per_sub_folder_in_the_order_people_count(tmp_path: Path) -> None:
    touch(tmp_path, "take 10/a.mp4", "take 2/b10.AVI", "take 2/b9.webm", "take 2/deep/er/c.mkv")
    table = read_table(tmp_path)
    assert table.labels == ("take 2", "take 10")
    assert [row.path for row in table.rows] == [
        "take 2/b9.webm",
        "take 2/b10.AVI",
        "take 2/deep/er/c.mkv",
        "take 10/a.mp4",
    ]
    assert table.targets().tolist() == [0, 0, 0, 1]
    assert table.path(table.rows[0]) == tmp_path / "take 2/b9.webm"
    assert table.root == tmp_path
    assert not table.multi_label


def test_a_folder_of_frames_is_one_clip(tmp_path: Path) -> None:
    touch(tmp_path, "a/clip1/1.jpg", "a/clip1/2.jpg", "a/clip2/x.png", "b/v.mp4", "b/thumbnail.jpg")
    table = read_table(tmp_path)
    assert [row.path for row in table.rows] == ["a/clip1", "a/clip2", "b/v.mp4"]
    assert table.notes == ("Passed over: 1 x pictures beside videos.",)


def test_pictures_without_a_folder_a_clip_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="folder of its own: a/CLIP"):
        read_table(touch(tmp_path, "a/1.jpg", "a/2.jpg", "b/v.mp4"))


def test_what_is_passed_over_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "a/v.mp4", "a/.hidden.mp4", "a/notes.txt", "a/Thumbs.db", ".git/x/v.mp4", "loose.mp4", "b/w.mp4")
    table = read_table(tmp_path)
    assert [row.path for row in table.rows] == ["a/v.mp4", "b/w.mp4"]
    assert "Passed over: 1 x .txt." in table.notes
    assert "Passed over: 2 x hidden." in table.notes
    assert "Passed over: 1 x video outside any class folder." in table.notes


def test_a_link_to_a_folder_above_is_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "a/v.mp4", "b/deep/w.mp4", "elsewhere.d/x.mp4")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "b" / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "b" / "more").symlink_to(tmp_path / "elsewhere.d")
    table = read_table(tmp_path)
    assert [row.path for row in table.rows] == ["a/v.mp4", "b/deep/w.mp4", "b/more/x.mp4", "elsewhere.d/x.mp4"]
    assert "Passed over: 2 x link to a folder above it." in table.notes


def test_train_and_test_folders_are_splits(tmp_path: Path) -> None:
    table = read_table(touch(tmp_path, "train/a/1.mp4", "train/b/2.mp4", "validation/a/3.mp4", "test/b/4.mp4"))
    assert table.labels == ("a", "b")
    assert [(row.path, row.split) for row in table.rows] == [
        ("test/b/4.mp4", "test"),
        ("train/a/1.mp4", "train"),
        ("train/b/2.mp4", "train"),
        ("validation/a/3.mp4", "val"),
    ]
    assert len(table.select("train")) == 2
    with pytest.raises(DataError, match="Splits here: test, train, val"):
        table.select("exam")


@pytest.mark.parametrize("twin", ["JUMP", "jump ", "ｊｕｍｐ"])
def test_two_classes_with_one_name_are_refused(tmp_path: Path, twin: str) -> None:
    with pytest.raises(DataError, match="Two classes have one name"):
        read_table(touch(tmp_path, "jump/a.mp4", f"{twin}/b.mp4"))


def test_accents_count_as_one_however_they_are_encoded(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Two classes have one name"):
        read_table(touch(tmp_path, "caf\u00e9/a.mp4", "cafe\u0301/b.mp4"))
    table = read_table(touch(tmp_path / "one", "cafe\u0301/b.mp4", "tea/c.mp4"))
    assert table.labels == ("caf\u00e9", "tea")
    assert table.path(table.rows[0]).exists()


def test_an_empty_class_is_an_error_unless_the_classes_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "a/v.mp4", "b/readme.txt")
    with pytest.raises(DataError, match="class 'b' would be empty"):
        read_table(tmp_path)
    assert read_table(tmp_path, labels=["a", "c"]).counts() == {"a": 1, "c": 0}
    with pytest.raises(DataError, match="no class is called 'a'"):
        read_table(tmp_path, labels=["c", "d"])


@pytest.mark.parametrize("names", [[], ["only.mp4"], ["a/readme.txt"]])
def test_a_folder_without_classes_says_what_was_expected(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(DataError, match=r"CLASS/clip.mp4|would be empty"):
        read_table(touch(tmp_path, *names))


def test_a_missing_path_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    with pytest.raises(DataError, match="Nearest: videos"):
        read_table(tmp_path / "vidoes")
    with pytest.raises(DataError, match="Nearest: folder"):
        read_table(tmp_path, format="fodler")


def test_a_folder_with_a_csv_is_what_the_csv_says(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.mp4", "y/b.mp4")
    write(tmp_path / "clips.csv", "path,label\nx/a.mp4,run\n")
    assert read_table(tmp_path).rows == (ClipRow("x/a.mp4", (0,)),)
    assert len(read_table(tmp_path, format="folder")) == 2


def test_targets_of_an_unlabelled_clip_are_refused(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "list.csv", "path,label,split\na.mp4,x,train\nb.mp4,,test\n"))
    with pytest.raises(DataError, match=r"b.mp4 has no label"):
        table.targets()


def test_a_moved_list_finds_its_files(tmp_path: Path) -> None:
    touch(tmp_path, "clips/a/1.mp4", "clips/b/2.mp4")
    table = read_table(tmp_path / "clips")
    (tmp_path / "lists").mkdir()
    for folder, first in ((tmp_path, "clips/a/1.mp4"), (tmp_path / "lists", str(tmp_path / "clips/a/1.mp4"))):
        again = read_table(table.save(folder / "all.csv"))
        assert again.rows[0].path == first
        assert all(again.path(row).exists() for row in again.rows)


def test_a_saved_list_keeps_the_order_of_its_classes(tmp_path: Path) -> None:
    table = read_table(touch(tmp_path, "a/1.mp4", "b/2.mp4"), labels=["b", "c", "a"])
    saved = table.save(tmp_path / "all.csv")
    assert read_table(saved) == table
    assert not (tmp_path / "labels.txt").exists()
    plain = read_table(tmp_path).save(tmp_path / "plain.csv")
    assert read_table(plain).labels == ("a", "b")
    assert not (tmp_path / "plain.labels.txt").exists()


def test_the_surveillance_clips(shared: Path) -> None:
    table = read_table(shared / "videos" / "surv-fight")
    assert table.counts() == {"fight": 120, "noFight": 120}
    assert len({row.source for row in table.rows}) == 33
    assert {row.fold for row in table.rows} == set("01234")
    assert all(os.path.exists(table.path(row)) for row in table.rows)
    assert np.bincount(table.targets()).tolist() == [120, 120]
