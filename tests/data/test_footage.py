"""Footage without labels: any folder of videos, and lists."""

from pathlib import Path

import pytest

from kinema.data.footage import read_footage
from kinema.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Videos at several depths, a folder of frames, and other things."""
    for name in ("a.mp4", "deep/er/b.MOV", "notes.pdf", "frames/clip1/1.jpg", "frames/clip1/2.jpg", ".hidden.mp4"):
        (tmp_path / "films" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "films" / name).touch()
    return tmp_path / "films"


def test_any_folder_is_footage(folder: Path) -> None:
    table = read_footage(folder)
    assert [row.path for row in table.rows] == ["a.mp4", "deep/er/b.MOV", "frames/clip1"]
    assert table.labels == ()
    assert "Passed over: 1 x .pdf." in table.notes
    again = table.to_csv(folder / "clips.csv")
    assert read_footage(again).rows == table.rows


def test_what_a_list_keeps_for_judging_is_left_out(folder: Path) -> None:
    (folder / "clips.csv").write_text("path,label,start,end,split\na.mp4,x,0,2,train\na.mp4,y,0,2,train\n"
                                      "a.mp4,x,2,4,\ndeep/er/b.MOV,x,,,test\n")
    table = read_footage(folder)
    assert [(row.path, row.start_seconds, row.labels) for row in table.rows] == [("a.mp4", 0, ()), ("a.mp4", 2, ())]
    assert table.notes == ("1 clip of its val and test sides left out.",)


def test_a_list_needs_paths_alone(folder: Path) -> None:
    (folder.parent / "list.csv").write_text("path\na.mp4\nmissing.mp4\n")
    table = read_footage(folder.parent / "list.csv", root=folder)
    assert [table.path(row) for row in table.rows] == [folder / "a.mp4", folder / "missing.mp4"]


def test_no_footage_is_told(folder: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: there is no such file or folder. Nearest"):
        read_footage(folder.parent / "films_nowhere")
    (folder.parent / "empty").mkdir()
    with pytest.raises(DataError, match="empty: no video and no folder of frames is below it"):
        read_footage(folder.parent / "empty")
    (folder / "clips.csv").write_text("path,split\na.mp4,test\n")
    with pytest.raises(DataError, match="all are on its val or test side"):
        read_footage(folder)
