"""What is written about a timeline reads back, and says times as each kind of file counts them."""

import csv
import json
import re
from base64 import b64decode
from pathlib import Path

import pytest

from kinema.data.clips import read_table
from kinema.errors import KinemaError
from kinema.timeline.written import clock, write
from tests.data.encode import How
from tests.timeline.made import LABELS, TRUE, made_timeline, made_video


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_video(tmp_path_factory.mktemp("video"), seconds=2)


def test_json_and_csv_keep_the_videos_own_clock(video: Path, tmp_path: Path) -> None:
    timeline = made_timeline(video, late=100.0)
    facts = json.loads(write(timeline, tmp_path / "a.json").read_text(encoding="utf-8"))
    assert facts["segments"][0] == {"start_seconds": 102.0, "end_seconds": 105.0, "label": "walk", "score": 0.7}
    assert len(facts["windows"]["scores"]) == len(facts["windows"]["start_seconds"]) == 60
    with write(timeline, tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(float(row["start"]) - 100, row["label"]) for row in rows] == [(start, LABELS[k]) for start, _, k in TRUE]
    assert read_table(tmp_path / "a.csv").rows[0].end_seconds == 105


def test_subtitles_count_from_the_first_frame(video: Path, tmp_path: Path) -> None:
    timeline = made_timeline(video, late=100.0)
    srt = write(timeline, tmp_path / "a.srt").read_text(encoding="utf-8")
    assert srt.startswith("1\n00:00:02,000 --> 00:00:05,000\nwalk 70%\n\n2\n")
    vtt = write(timeline, tmp_path / "a.vtt").read_text(encoding="utf-8")
    assert vtt.startswith("WEBVTT\n\n00:00:02.000 --> 00:00:05.000\nwalk 70%\n")
    assert "wave &amp; &lt;b&gt;smile" in vtt
    assert clock(3725.0456, ",") == "01:02:05,046"


def test_the_page_holds_everything_but_the_video(video: Path, tmp_path: Path) -> None:
    page = write(made_timeline(video), tmp_path / "deep" / "a.html").read_text(encoding="utf-8")
    source = re.search(r'<video[^>]* src="([^"]+)"', page)
    assert source
    assert source[1].startswith("../")
    assert "a%20match%20%26%20more.mp4" in source[1]
    assert "<b>smile" not in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "never" not in page.split("<main>")[1].split("<script")[0].replace("nevertheless", "")


@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_a_page_with_the_video_inside(tmp_path: Path, name: str) -> None:
    video = made_video(tmp_path, name, 1, How() if name == "a.mp4" else How("mpeg4"))
    page = write(made_timeline(video), tmp_path / "a.html", embed=True).read_text(encoding="utf-8")
    source = re.search(r'src="data:video/mp4;base64,([^"]+)"', page)
    assert source
    assert (b64decode(source[1]) == video.read_bytes()) == (name == "a.mp4")
    assert b"ftyp" in b64decode(source[1])[:16]
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "a.html"] if name < "a.html" else True


def test_another_ending_is_refused(video: Path, tmp_path: Path) -> None:
    with pytest.raises(KinemaError, match=r"a.htm ends otherwise. Nearest: .html"):
        write(made_timeline(video), tmp_path / "a.htm")
