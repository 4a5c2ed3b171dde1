"""A csv is read however it was saved, or an error names its row."""

import os
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinema import read_table
from kinema.data.clips import ClipRow, ClipTable
from kinema.errors import DataError


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_a_csv_may_say_times_split_source_and_fold(tmp_path: Path) -> None:
    header = "path,label,start,end,split,source,fold,weather\n"
    rows = "a.mp4,run,1.5,0:01:02.5,Training,cam1,3,rain\nb.mp4,walk,,,val,,,\n"
    table = read_table(write(tmp_path / "list.csv", header + rows))
    assert table.rows == (
        ClipRow("a.mp4", (0,), 1.5, 62.5, split="train", source="cam1", fold="3"),
        ClipRow("b.mp4", (1,), split="val"),
    )
    assert table.root == tmp_path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("path,label\nü/a.mp4,größe\n", "utf-8"),
        ("path,label\nü/a.mp4,größe\n", "utf-8-sig"),
        ("path;label\nü/a.mp4;größe\n", "cp1252"),
        ("path\tlabel\r\nü/a.mp4\tgröße\r\n", "utf-16"),
        ('Label , "PATH"\n"größe", "ü\\a.mp4"\n\n', "utf-8"),
        ("path|label\nü\\\\a.mp4|größe\n", "utf-8"),
    ],
)
def test_a_csv_is_read_however_it_was_saved(tmp_path: Path, text: str, encoding: str) -> None:
    table = read_table(write(tmp_path / "list.csv", text, encoding))
    assert (table.rows, table.labels) == ((ClipRow("ü/a.mp4", (0,)),), ("größe",))


def test_a_windows_drive_stays_a_drive(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "list.csv", "path,label\nC:\\clips\\a.mp4,x\n"))
    assert table.rows[0].path == "C:/clips/a.mp4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\na.mp4,x\n", r"no column is called 'path'. Found: file, label"),
        ("path,lable\na.mp4,x\n", r"no column is called 'label'.*Nearest: lable"),
        ("path,label\na.mp4,x\nb.mp4,\n", r"row 3: the label of b.mp4 is empty"),
        ("path,label\na.mp4\n", r"row 2: the label of a.mp4 is empty"),
        ("path,label\n,x\n", r"row 2: the path is empty"),
        ("path,label,start\na.mp4,x,soon\n", r"row 2: 'soon' is no time"),
        ("path,label,start\na.mp4,x,nan\n", r"'nan' is no time"),
        ("path,label,start,end\na.mp4,x,3,2\n", r"row 2: the end 2.0 is not after the start 3.0"),
        ("path,label,end_frame\na.mp4,x,-2\n", r"'-2' is no frame number"),
        ("path,label\na,b.mp4,x\n", r"row 2: 3 cells, but the header has 2"),
        ("path,label\n", r"has a header but no clip"),
        ("path,labels\na.mp4,x;;y\n", r"row 2: the label of a.mp4 is empty"),
        ('path,label\na.mp4,x\n"b.mp4,x\n' + "c.mp4,y\n" * 20_000, r"row 3: .*quote"),
        ('path,label\n"b.mp4,x\n' + "c.mp4,y\n" * 30, r"row 2: a cell goes on for 30 lines"),
        ("path,label\na.mp4,jump\nb.mp4,Jump\n", r"both 'Jump' and 'jump'"),
    ],
)
def test_an_error_in_a_csv_names_the_row_and_what_was_found(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_table(write(tmp_path / "list.csv", text), format="csv")


def test_a_file_that_is_no_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no text"):
        read_table(write(tmp_path / "list.csv", "path\0label"), format="csv")
    with pytest.raises(DataError, match="is no list that is known"):
        read_table(write(tmp_path / "list.csv", "name,age\na,7\n"))


def test_several_labels_stand_in_one_cell_or_in_rows(tmp_path: Path) -> None:
    one = read_table(write(tmp_path / "one.csv", "path,labels\na.mp4,run;wave\nb.mp4,wave\nc.mp4,\n"))
    assert one.multi_label
    assert one.targets().tolist() == [[1, 1], [0, 1], [0, 0]]
    assert one.counts() == {"run": 1, "wave": 2}
    rows = read_table(write(tmp_path / "rows.csv", "path,label\na.mp4,run\nb.mp4,wave\na.mp4,wave\na.mp4,wave\n"))
    assert rows.multi_label
    assert rows.targets().tolist() == [[1, 1], [0, 1]]
    assert rows.notes[0] == "1 row left out: an earlier one says the same."
    assert "the first is a.mp4: run, wave" in rows.notes[1]
    assert not one.notes


def test_one_file_has_one_path(tmp_path: Path) -> None:
    spelt = ("up/a.mp4", "./up/a.mp4", f"{tmp_path}/up/a.mp4", "up/../up/a.mp4", "up//a.mp4")
    table = read_table(write(tmp_path / "list.csv", "path,label\n" + "".join(f"{path},x\n" for path in spelt)))
    assert [row.path for row in table.rows] == ["up/a.mp4"]


def test_labels_are_names_or_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", "path,label\na.mp4,1\nb.mp4,0\nc.mp4,10\n")
    assert read_table(path).labels == ("0", "1", "10")
    assert read_table(path, labels=["0", "1", "10"]).targets().tolist() == [1, 0, 2]
    with pytest.raises(DataError, match="class number 10, but the classes are 0 to 1"):
        read_table(path, labels=["run", "walk"])
    write(tmp_path / "labels.txt", "\n".join(string.ascii_lowercase[:11]))
    assert read_table(path).targets().tolist() == [1, 0, 10]
    with pytest.raises(DataError, match=r"row 2: no class is called 'wlak'. Nearest: walk"):
        read_table(write(tmp_path / "typo.csv", "path,label\na.mp4,wlak\n"), labels=["run", "walk"])
    with pytest.raises(DataError, match="'run' twice"):
        read_table(tmp_path / "typo.csv", labels=["run", "run"])


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters='\0\r\n\\;"|\t\ufeff', exclude_categories=["C", "Z"]), min_size=1
)
TIMES = st.none() | st.floats(0, 1e6).map(lambda seconds: round(seconds, 3))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            ClipRow,
            NAMES.map(os.path.normpath),
            st.sampled_from([(0,), (1,), (2,)]),
            start_seconds=TIMES,
            split=st.sampled_from([None, "train", "val", "test", "mine"]),
            source=st.none() | NAMES,
            fold=st.none() | NAMES,
        ),
        min_size=1,
        unique_by=lambda row: row.path,
    )
)
def test_what_is_written_is_read_back(tmp_path: Path, rows: list[ClipRow]) -> None:
    table = ClipTable(tuple(rows), ("jump, high", 'say "a"', "run"), tmp_path)
    again = read_table(table.to_csv(tmp_path / "t.csv"), labels=table.labels, format="csv")
    assert again.rows == table.rows


def test_a_timeline_is_a_list_of_clips_without_the_videos_in_which_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("path,start,end,label,score\na.mp4,,,,\nb.mp4,0.5,2,run,0.9\n")
    table = read_table(tmp_path / "a.csv")
    assert [(row.path, row.start_seconds) for row in table.rows] == [("b.mp4", 0.5)]
    assert table.notes == ("1 video left out: nothing happens there, by a row without times and label.",)
    (tmp_path / "b.csv").write_text("path,start,end,label\na.mp4,1,2,\n")
    with pytest.raises(DataError, match=r"row 2: the label of a\.mp4 is empty"):
        read_table(tmp_path / "b.csv")
