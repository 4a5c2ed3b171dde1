"""AVA's files: read, written, refused in words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinema.detection.ava import (
    BoxRow,
    KeyFrame,
    key_frames,
    read_classes,
    read_excluded,
    read_people,
    read_rows,
    unknown_actions,
    write_rows,
)
from kinema.detection.evaluate import sure
from kinema.errors import DataError

ROWS = """1j20qq1JyX4,0902,0.002,0.118,0.714,0.977,12,1
1j20qq1JyX4,0902,0.002,0.118,0.714,0.977,79,1
1j20qq1JyX4,0902,0.444,0.054,0.992,0.990,12,0
-5KQ66BBWC4,0903,0.444,0.054,0.992,0.990,17,0
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text)
    return path


def test_rows_become_key_frames(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, ROWS))
    assert rows[1] == BoxRow("1j20qq1JyX4", 902.0, (0.002, 0.118, 0.714, 0.977), 79, 1.0)
    first, second = key_frames(rows)
    assert (first.key, first.actions) == (("1j20qq1JyX4", 902.0), ((12, 79), (12,)))
    assert second == KeyFrame("-5KQ66BBWC4", 903.0, ((0.444, 0.054, 0.992, 0.99),), ((17,),), (1.0,))
    assert key_frames(rows, frozenset({first.key})) == [second]


def test_written_rows_are_read_back(tmp_path: Path) -> None:
    sure = float(np.float32(1e-7))
    rows = [BoxRow("a", 902.0, (0.1, 0.2, 0.3, 0.4), 5, 0.25), BoxRow("b", 902.066667, (0.0, 0.0, 1.0, 1.0), 80, sure)]
    write_rows(rows, tmp_path / "results.csv")
    assert (tmp_path / "results.csv").read_text().splitlines()[0] == "a,0902,0.1,0.2,0.3,0.4,5,0.25"
    again = read_rows(tmp_path / "results.csv")
    assert np.float32(again[1].score) == np.float32(sure)
    assert [replace(row, score=0.0) for row in again] == [replace(row, score=0.0) for row in rows]


def test_seconds_agree_to_the_microsecond(tmp_path: Path) -> None:
    """Lists of one set are written with more or fewer digits; 2 columns say that nobody is there."""
    rows = read_rows(written(tmp_path, "a,1.0666666666,0,0,1,1,5,1\na,2\na,1.066667,0,0,1,1,6,1\n"))
    assert [row.key for row in rows] == [("a", 1.066667)] * 2
    assert read_excluded(written(tmp_path, "a,1.06666666\n")) == {rows[0].key}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,902,0.1,0.2,0.3", "line 1: 5 columns came"),
        ("a,902,0.1,0.2,0.3,0.4,5,1\na,902,0.1,0.2,0.3,0.4,sit,1", "line 2: sit, 1 came; expected the number"),
        ("a,902,10,20,300,400,5,1", "expected parts of the picture, from 0 to 1, not pixels"),
        ("a,902,left,0.2,0.3,0.4,5,1", "is not four numbers"),
        ("a,soon,0.1,0.2,0.3,0.4,5,1", "timestamp 'soon'"),
        ("a,nan,0.1,0.2,0.3,0.4,5,1", "timestamp 'nan'"),
        ("a,902,0.1,0.2,0.3,0.4,5,nan", "score is no number"),
        ("a,902,nan,0.2,0.3,0.4,5,1", "expected parts"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        read_rows(written(tmp_path, text))


def test_people_are_read_with_or_without_scores(tmp_path: Path) -> None:
    box = (0.1, 0.2, 0.3, 0.4)
    plain = read_people(written(tmp_path, "a,902,0.1,0.2,0.3,0.4\n"))
    assert plain == [KeyFrame("a", 902.0, (box,), ((),), (1.0,))]
    scored = read_people(written(tmp_path, "a,902,0.1,0.2,0.3,0.4,0.7\na,902,0.5,0.5,0.9,0.9,0.95\n"))
    assert scored[0].scores == (0.7, 0.95)
    assert [frame.boxes for frame in sure(scored, 0.8)] == [((0.5, 0.5, 0.9, 0.9),)]
    found = read_people(written(tmp_path, "a,902,0.1,0.2,0.3,0.4,12,0.7\na,903,0.1,0.2,0.3,0.4,,0.9\n"))
    assert [frame.scores for frame in found] == [(0.7,), (0.9,)]
    assert sure(found, 0.8) == [found[1]]
    annotated = read_people(written(tmp_path, ROWS))
    assert [frame.scores for frame in annotated] == [(1.0, 1.0), (1.0,)]  # its last column is no score


def test_excluded_key_frames_are_read(tmp_path: Path) -> None:
    assert read_excluded(written(tmp_path, "a,0902\nb,1798\n")) == {("a", 902.0), ("b", 1798.0)}
    with pytest.raises(DataError, match="expected video and timestamp"):
        read_excluded(written(tmp_path, "a,0902,1\n"))


def test_the_sixty_evaluated_actions() -> None:
    classes = read_classes()
    assert len(classes) == 60
    assert (classes[12], classes[80], min(classes)) == ("stand", "watch (a person)", 1)


def test_label_maps_in_each_published_form(tmp_path: Path) -> None:
    expected = {1: "bend/bow (at the waist)", 12: "stand"}
    forms = [
        'item {\n  name: "bend/bow (at the waist)"\n  id: 1\n}\nitem {\n  name: "stand"\n  id: 12\n}\n',
        'label {\n  name: "bend/bow (at the waist)"\n  label_id: 1\n  label_type: PERSON_MOVEMENT\n}\n'
        'label {\n  name: "stand"\n  label_id: 12\n}\n',
        "1: bend/bow (at the waist)\n12: stand\n",
    ]
    for form in forms:
        assert read_classes(written(tmp_path, form)) == expected
    for wrong in ("stand\nsit\n", "0: stand\n"):
        with pytest.raises(DataError, match=r"label map|counted from 1"):
            read_classes(written(tmp_path, wrong))


def test_real_lists(shared: Path) -> None:
    lists = shared / "annotations"
    rows = read_rows(lists / "synclabs-llc+edgeface" / "ava_val_v2.2.excerpt.csv")
    first = key_frames(rows)[0]
    assert (len(rows), first.key, first.actions) == (13, ("1j20qq1JyX4", 902.0), ((12, 79), (12, 17, 79)))
    official = lists / "activitynet+ActivityNet" / "Evaluation" / "ava"
    assert read_classes(official / "ava_action_list_v2.1_for_activitynet_2018.pbtxt.txt") == read_classes()


def test_actions_outside_the_label_map_are_told() -> None:
    frames = [KeyFrame("a", 902.0, ((0.0, 0.0, 1.0, 1.0),) * 2, ((1, 2), (2, 9)), (1.0, 1.0))]
    assert unknown_actions(frames, {1: "bend"}) == (
        "3 actions of boxes left out, not in the label map: 2, 9.")
    assert unknown_actions(frames, {1: "bend", 2: "sit", 9: "run"}) == ""
