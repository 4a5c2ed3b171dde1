"""What is written about a timeline reads back, and says times as each kind of file counts them."""

import csv
import json
import re
from base64 import b64decode
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from kinema.data.clips import read_table
from kinema.errors import KinemaError
from kinema.timeline.truth import read_truth
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


def test_a_timeline_without_segments_is_a_truth_in_which_nothing_happens(video: Path, tmp_path: Path) -> None:
    timeline = replace(made_timeline(video), segments=())
    assert read_truth(write(timeline, tmp_path / "a.csv")).of(video) == ()


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


def embedded(page: Path) -> tuple[str, list[float]]:
    """The codec of the video inside a page, and when its frames are shown."""
    found = re.search(r'src="data:video/mp4;base64,([^"]+)"', page.read_text(encoding="utf-8"))
    assert found
    with av.open(BytesIO(b64decode(found[1]))) as container:
        times = [float(frame.pts * frame.time_base) for frame in container.decode(video=0)
                 if frame.pts is not None and frame.time_base]
        return container.streams.video[0].codec_context.name, times


def test_a_video_inside_keeps_its_uneven_times_and_is_one_that_browsers_play(tmp_path: Path) -> None:
    uneven = [0.0, 0.5, 1.0, 1.5, *(2 + number / 25 for number in range(25))]
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for time in uneven:
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    codec, times = embedded(write(made_timeline(path), tmp_path / "a.html", embed=True))
    assert (codec, times) == ("h264", pytest.approx(uneven, abs=0.002))
    old = made_video(tmp_path, "old.mp4", 1, How("mpeg4"))
    assert embedded(write(made_timeline(old), tmp_path / "old.html", embed=True))[0] == "h264"


def test_another_ending_is_refused(video: Path, tmp_path: Path) -> None:
    with pytest.raises(KinemaError, match=r"a.htm ends otherwise. Nearest: .html"):
        write(made_timeline(video), tmp_path / "a.htm")
