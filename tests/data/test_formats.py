"""The lists of published sets: small ones as they are written, and the samples of the real ones."""

from pathlib import Path

import pytest

from kinema import read_table
from kinema.data.clips import ClipRow
from kinema.data.formats import FORMATS
from kinema.data.formats.place import split_of
from kinema.errors import DataError

JESTER = "Thumb Up\nThumb Down\nNo gesture\n"
# fmt: off
LISTS = {  # format: the files of a small set, then its rows: path, class names, split, source, times, frames
    "kinetics": (
        {"val.csv": "label,youtube_id,time_start,time_end,split\nair drumming,-dash_ID,7,17,val\nyoga,b,36,46,val\n",
         "test.csv": "youtube_id,time_start,time_end,split\nc,417,427,test\n", "yoga/b_000036_000046.mp4": ""},
        [("c_000417_000427.mp4", (), "test", "c"), ("-dash_ID_000007_000017.mp4", ("air drumming",), "val", "-dash_ID"),
         ("yoga/b_000036_000046.mp4", ("yoga",), "val", "b")],
    ),
    "something": (
        {"labels.json": '{"Pushing something": "1", "Holding something": "0"}', "videos/x": "",
         "train.json": '[{"id": "7", "template": "Pushing [something]", "placeholders": ["cup"]}]',
         "test.json": '[{"id": "9"}]'},
        [("videos/9.webm", (), "test", None), ("videos/7.webm", ("Pushing something",), "train", None)],
    ),
    "something v1": (
        {"something-something-v1-labels.csv": "Holding something\nPushing something\n",
         "something-something-v1-train.csv": "7;Pushing something\n8;Holding something\n",
         "something-something-v1-test.csv": "9\n"},
        [("9", (), "test", None), ("7", ("Pushing something",), "train", None),
         ("8", ("Holding something",), "train", None)],
    ),
    "jester": (
        {"jester-v1-labels.csv": JESTER, "jester-v1-train.csv": "5;Thumb Down\n", "jester-v1-test.csv": "6\n",
         "20bn-jester-v1/5/1.jpg": ""},
        [("20bn-jester-v1/6", (), "test", None), ("20bn-jester-v1/5", ("Thumb Down",), "train", None)],
    ),
    "jester by number": (
        {"classInd.txt": "1 No_gesture\n2 Thumb_Down\n3 Thumb_Up\n", "vallist.txt": "5 2\n6 3\n"},
        [("5", ("Thumb Down",), "val", None), ("6", ("Thumb Up",), "val", None)],
    ),
    "ucf101": (
        {"classInd.txt": "1 Archery\n2 HandstandPushups\n",
         "trainlist01.txt": "Archery/v_Archery_g08_c01.avi 1\nHandstandPushups/v_HandStandPushups_g09_c02.avi 2\n",
         "testlist01.txt": "Archery/v_Archery_g01_c01.avi\n", "testlist02.txt": "Archery/v_Archery_g08_c01.avi\n"},
        [("Archery/v_Archery_g01_c01.avi", ("Archery",), "test", "Archery/g01"),
         ("Archery/v_Archery_g08_c01.avi", ("Archery",), "train", "Archery/g08"),
         ("HandstandPushups/v_HandStandPushups_g09_c02.avi", ("HandstandPushups",), "train", "HandstandPushups/g09")],
    ),
    "hmdb51": (
        {"sit_up_test_split1.txt": "Film_1_sit_up_f_nm_np1_fr_med_0.avi 1 \nB#!_sit_up_f_cm_np1_ba_bad_12.avi 0 \n",
         "wave_test_split1.txt": "Film_1_wave_u_nm_np10_le_goo_3.avi 2 \n",
         "wave_test_split2.txt": "Film_1_wave_u_nm_np10_le_goo_3.avi 1 \n"},
        [("sit_up/Film_1_sit_up_f_nm_np1_fr_med_0.avi", ("sit_up",), "train", "sit_up/Film_1"),
         ("wave/Film_1_wave_u_nm_np10_le_goo_3.avi", ("wave",), "test", "wave/Film_1")],
    ),
    "moments": (
        {"moments_categories.txt": "clapping,0\nadult+female+singing,1\n", "validation/x": "",
         "trainingSet.csv": "clapping/yt-a_B_27.mp4,clapping,4,0\n",
         "validationSet.csv": "clapping/vine-c_3.mp4,clapping,3,1\n"},
        [("clapping/yt-a_B_27.mp4", ("clapping",), "train", "yt-a_B"),
         ("validation/clapping/vine-c_3.mp4", ("clapping",), "val", "vine-c")],
    ),
    "charades": (
        {"Charades_v1_classes.txt": "c000 Holding some clothes\nc001 Putting clothes somewhere\n",
         "Charades_v1_train.csv": 'id,subject,script,actions,length\n'
                                  'X1,P1,"A, b",c001 1.50 3.00;c000 0.00 2.00,9\nX2,P2,z,,8\n'},
        [("X1.mp4", ("Holding some clothes", "Putting clothes somewhere"), "train", "P1"),
         ("X2.mp4", (), "train", "P2")],
    ),
    "ipn": (
        {"classIndAll.txt": "1 D0X\n2 B0A\n",
         "trainlistall.txt": "./frames/1CM1_1_R_#21 1 1 28\n./frames/1CM1_1_R_#21 2 29 72\n"},
        [("frames/1CM1_1_R_#21", ("D0X",), "train", "1CM1_1", 0, 28),
         ("frames/1CM1_1_R_#21", ("B0A",), "train", "1CM1_1", 28, 72)],
    ),
    "mmaction": (
        {"label_map.txt": "run\nwalk\n", "train.txt": "some folder/a 120 1\nb 3 0\n", "val.txt": "c d.mp4 1\n"},
        [("some folder/a", ("walk",), "train", None), ("b", ("run",), "train", None),
         ("c d.mp4", ("walk",), "val", None)],
    ),
    "ibm": (
        {"labels.txt": "run\nwalk\n", "train.txt": "some folder/a;1;120;1\n7;1;3;0\n", "test.txt": "b 1 30\n"},
        [("b", (), "test", None, 0, 30),
         ("some folder/a", ("walk",), "train", None, 0, 120), ("7", ("run",), "train", None, 0, 3)],
    ),
}
# fmt: on


def write_all(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def row_of(path: str, names: tuple[str, ...], split: str, source: str | None, *frames: int) -> tuple:
    return (path, names, split, source, *(frames or (None, None)))


@pytest.mark.parametrize("name", LISTS)
def test_the_official_lists_become_the_table(tmp_path: Path, name: str) -> None:
    files, expected = LISTS[name]
    write_all(tmp_path, files)
    table = read_table(tmp_path, "ibm" if name == "ibm" else None)
    rows = [
        (
            row.path,
            tuple(table.labels[label] for label in row.labels),
            row.split,
            row.source,
            row.start_frame,
            row.end_frame,
        )
        for row in table.rows
    ]
    assert rows == [row_of(*row) for row in expected]
    assert table.root == tmp_path


def test_every_format_has_a_small_list() -> None:
    assert {name.split("/")[0] for name in FORMATS} - {name.split()[0] for name in LISTS} == {"csv", "folder", "shards"}


def test_other_official_splits_go_by_number(tmp_path: Path) -> None:
    write_all(tmp_path / "ucf", LISTS["ucf101"][0])
    assert [row.split for row in read_table(tmp_path / "ucf", "ucf101/2").rows] == ["test"]
    with pytest.raises(DataError, match="none of official split 3"):
        read_table(tmp_path / "ucf", "ucf101/3")
    write_all(tmp_path / "hmdb", LISTS["hmdb51"][0])
    assert [row.split for row in read_table(tmp_path / "hmdb", "hmdb51/2").rows] == ["train"]


def test_charades_actions_are_clips_of_their_own(tmp_path: Path) -> None:
    write_all(tmp_path, LISTS["charades"][0])
    table = read_table(tmp_path, "charades/actions")
    assert table.rows == (
        ClipRow("X1.mp4", (1,), 1.5, 3.0, split="train", source="P1"),
        ClipRow("X1.mp4", (0,), 0.0, 2.0, split="train", source="P1"),
    )
    assert table.multi_label


def test_multi_moments_have_several_labels(tmp_path: Path) -> None:
    write_all(
        tmp_path,
        {"moments_categories.txt": "clapping,0\nsinging,1\n", "trainingSet.csv": "yt-a_2.mp4,1,0\nyt-b_3.mp4,1\n"},
    )
    table = read_table(tmp_path)
    assert table.multi_label
    assert table.targets().tolist() == [[1, 1], [0, 1]]


def test_own_labels_renumber_an_official_list(tmp_path: Path) -> None:
    write_all(tmp_path, LISTS["ucf101"][0])
    table = read_table(tmp_path / "testlist01.txt", labels=["HandstandPushups", "Archery"], root="/videos")
    assert table.targets().tolist() == [1]
    assert table.path(table.rows[0]) == Path("/videos/Archery/v_Archery_g01_c01.avi")


def test_numbers_without_names_stay_numbers(tmp_path: Path) -> None:
    write_all(tmp_path, {"train.txt": "a 120 1\nb 3 0\n"})
    assert read_table(tmp_path / "train.txt").labels == ("0", "1")
    assert read_table(tmp_path / "train.txt", labels=["run", "walk"]).labels == ("run", "walk")
    with pytest.raises(DataError, match=r"row 1: class number 1, but the classes are 0 to 0"):
        read_table(tmp_path / "train.txt", labels=["run"])


def test_a_published_list_is_believed_before_the_folders(tmp_path: Path) -> None:
    write_all(tmp_path, LISTS["ucf101"][0] | {"Archery/v_Archery_g01_c01.avi": ""})
    assert len(read_table(tmp_path)) == 3
    assert len(read_table(tmp_path, "folder")) == 1


def test_what_could_be_two_things_is_asked_for(tmp_path: Path) -> None:
    write_all(tmp_path, {"train.txt": "run/a.mp4 0\n", "run/a.mp4": ""})
    with pytest.raises(DataError, match=r"could be folder or mmaction. Say which: format='folder'"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("format", "name", "text", "message"),
    [
        (
            "kinetics",
            "train.csv",
            "label,youtube_id,time_start,time_end,split\n,a,1,11,train\n",
            "row 2: the label of a is empty",
        ),
        ("kinetics", "train.csv", "label,id\nx,a\n", "holds no list of this format. Expected a csv with the columns"),
        (
            "kinetics",
            "train.csv",
            "label,youtube_id,time_start,time_end\nx,a,soon,11\n",
            "row 2: time_start and time_end",
        ),
        ("something", "train.json", '[{"id": "7", "template": ""}]', "clip 0: the label of 7 is empty"),
        ("something", "train.json", '[{"id": "7"}, {"id"', "is no json"),
        ("moments", "trainingSet.csv", "a/b.mp4,c,1\nb.mp4\n", "row 2: the label of b.mp4 is empty|holds no list"),
        ("charades", "train.csv", "id,subject,actions\nX,P,c001 1.5\n", "row 2: expected actions as in"),
        ("ipn", "trainlist.txt", "frames/1CM1_1_R_#2 1 0 28\n", "row 1: frames 0 to 28; they count from 1"),
        ("ibm", "train.txt", "a 1 20 0\nb 5 2 0\n", "row 2: expected `path first last number`"),
        ("mmaction", "train.txt", "a b c d\n", "holds no list of this format"),
    ],
)
def test_an_error_in_a_list_names_the_row(tmp_path: Path, format: str, name: str, text: str, message: str) -> None:
    write_all(tmp_path, {name: text})
    with pytest.raises(DataError, match=message):
        read_table(tmp_path, format)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("trainlist01.txt", "train"),
        ("jester-v1-validation.csv", "val"),
        ("something-something-v2-test.json", "test"),
        ("validationSet.csv", "val"),
        ("Annot_TrainList.txt", "train"),
        ("latest.txt", None),
        ("kinetics-400_val.csv", "val"),
    ],
)
def test_a_lists_name_tells_its_split(name: str, split: str | None) -> None:
    assert split_of(Path(name)) == split
