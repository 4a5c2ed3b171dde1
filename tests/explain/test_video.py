"""The overlay video: all of the video is in it, and heat lies in it where and when it was found."""

from pathlib import Path

import numpy as np
import pytest
import torch

from kinema import Recognizer
from kinema.data.synthetic.encode import write_mp4
from kinema.data.video import open_video
from kinema.errors import KinemaError, VideoError
from kinema.explain.cam import grad_cam
from kinema.explain.film import write_film
from kinema.explain.heat import Heat
from kinema.explain.overlay import FOOTER, HEADER, SIDE, Overlay
from kinema.explain.parts import video_parts
from kinema.explain.video import Film
from kinema.inference.windows import windows
from kinema.models import ClipSpec, Network, create_model
from kinema.models.clip import CHANNELS

LABELS = ("kick", "punch")


@pytest.fixture(scope="module")
def network() -> Network:
    return create_model("tsn-resnet_tiny", LABELS, clip=ClipSpec(4, 32, 32)).eval()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of dim noise, 24 frames, 64 x 96."""
    path = tmp_path_factory.mktemp("video") / "noise.mp4"
    write_mp4(path, np.random.default_rng(0).integers(40, 60, (24, 64, 96, 3)).astype(np.uint8), 8.0)
    return path


def corner(network: Network, clips_NCTHW: torch.Tensor) -> Heat:
    """Heat in the top left quarter of the last frame alone."""
    heat_NTHW = torch.zeros(1, *clips_NCTHW.shape[2:])
    heat_NTHW[:, -1, :16, :16] = 2.0
    return Heat(heat_NTHW, torch.tensor([[0.0, 2.0]]), (1,), ("stages.4",))


def test_heat_is_where_and_when_it_was_found(network: Network, video: Path, tmp_path: Path) -> None:
    recognizer = Recognizer(network, device="cpu", window=3.0)
    (found,) = Film(recognizer, corner, "Grad-CAM").write(video, tmp_path / "out.mp4")
    assert (found.label, found.layers) == ("punch", ("stages.4",))
    assert found.score == pytest.approx(1 / (1 + np.exp(-2)))
    assert (found.start_seconds, found.end_seconds) == (0.0, pytest.approx(23 / 8))
    with open_video(tmp_path / "out.mp4") as shown:
        assert len(shown) == 24
        assert shown.fps == pytest.approx(8)
        frames = shown.read(range(24))[:, HEADER:-FOOTER, :-SIDE].astype(float).mean(3)
    height, width = frames.shape[1:]
    assert width == height == 320  # the middle of the picture, which is what the network sees
    quarter = frames[:, : height // 2 - 20, : width // 2 - 20].mean((1, 2))
    rest = frames[:, height // 2 + 20 :].mean((1, 2))
    assert quarter[-1] > rest[-1] + 80
    assert abs(quarter[0] - rest[0]) < 5
    assert np.diff(quarter[12:]).min() > -3  # it comes between the third frame that is seen and the last


@pytest.mark.parametrize("kind", CHANNELS)
def test_what_is_explained_is_the_clip_that_is_recognised(kind: str, video: Path) -> None:
    spec = ClipSpec(4, 24, 32, input=kind)
    with open_video(video) as frames:
        parts = [*video_parts(frames, spec, 3.0), *video_parts(frames, spec, 1.5)]
        seen = [*windows(frames, spec, 3.0), *list(windows(frames, spec, 1.5))[::2]]  # between two parts is one more
    assert len(parts) == len(seen) == 3
    assert all(part.clip_CTHW.shape == spec.shape_CTHW for part in parts)
    assert all(torch.equal(part.clip_CTHW, one.clips_VCTHW[0]) for part, one in zip(parts, seen, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind", "layers"), [
    ("tsn-resnet_tiny", "flow", 1), ("tsn-resnet_tiny", "flow_stack5", 1), ("i3d-inception_3d_rgb_flow", "rgb+flow", 2),
])
def test_heat_of_flow_lies_over_the_colours(name: str, kind: str, layers: int, tmp_path: Path) -> None:
    frames_THWC = np.zeros((24, 64, 96, 3), np.uint8)
    for shift, frame_HWC in enumerate(frames_THWC):  # stripes of blue that glide to the right and brighten
        frame_HWC[..., 2] = 120 + 3 * shift + 40 * ((np.arange(96) - 2 * shift) // 8 % 2)
    write_mp4(tmp_path / "blue.mp4", frames_THWC, 8.0)
    recognizer = Recognizer(create_model(name, LABELS, clip=ClipSpec(8, 32, 32, input=kind)), device="cpu", window=3.0)
    Film(recognizer, corner, "Grad-CAM").write(tmp_path / "blue.mp4", tmp_path / "corner.mp4")
    with open_video(tmp_path / "corner.mp4") as shown:
        cold_THWC = shown.read(range(24))[:, HEADER + 200 : -FOOTER, 200:-SIDE].astype(float)
    red_T, green_T, blue_T = cold_THWC.mean((1, 2)).T
    assert (blue_T > np.maximum(red_T, green_T) + 40).all()
    assert blue_T[-1] > blue_T[0] + 20
    (found,) = Film(recognizer, grad_cam, "Grad-CAM").write(tmp_path / "blue.mp4", tmp_path / "cam.mp4")
    assert len(found.layers) == layers  # of each stream one


def test_a_long_video_is_explained_part_by_part(network: Network, video: Path, tmp_path: Path) -> None:
    film = Film(Recognizer(network, device="cpu", window=1.0), corner, "Grad-CAM")
    found = film.write(video, tmp_path / "out.webp")
    assert [one.start_seconds for one in found] == [0.0, 1.0, 2.0]
    with open_video(video) as frames:
        shown = [part.indices.tolist() for part in video_parts(frames, network.clip, 1.0)]
    assert shown == [list(range(8)), list(range(8, 16)), list(range(16, 24))]
    from PIL import Image

    with Image.open(tmp_path / "out.webp") as picture:
        assert 20 <= picture.n_frames <= 24  # those that are alike may be one


def test_of_a_dense_clip_what_it_spans_is_shown(video: Path) -> None:
    spec = ClipSpec(4, 32, 32, sampling="dense", stride=2)
    with open_video(video) as frames:
        parts = list(video_parts(frames, spec, 3.0))
    assert [part.indices.tolist() for part in parts] == [list(range(8, 15))]
    assert np.allclose(parts[0].clip_times, [1.0, 1.25, 1.5, 1.75])


def test_a_video_that_cannot_be_read_leaves_nothing(network: Network, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(VideoError):
        Film(Recognizer(network, device="cpu"), corner, "Grad-CAM").write(tmp_path / "broken.mp4", tmp_path / "o.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.mp4"]


def test_a_clip_without_heat_stays_as_it_is() -> None:
    picture = np.full((64, 96, 3), 90, np.uint8)
    cold = Overlay(np.zeros((2, 4, 6), np.float32), np.array([0.0, 1.0]), "kick  100.0%", "Grad-CAM")
    page = cold.draw(picture, 0.5, (0.0, 1.0))
    assert (page[HEADER : HEADER + 64, :96] == 90).all()


def test_heat_between_two_frames_is_between_theirs() -> None:
    rising = Overlay(np.arange(3.0, dtype=np.float32)[:, None, None].repeat(4, 1), np.array([1.0, 2.0, 4.0]), "", "")
    assert [float(rising.at(time).max()) for time in (0.0, 1.0, 1.5, 3.0, 4.0, 9.0)] == [0, 0, 0.25, 0.75, 1, 1]


def test_pictures_of_odd_sides_are_written(tmp_path: Path) -> None:
    pictures = [np.full((33, 41, 3), level, np.uint8) for level in (10, 250)]
    write_film(tmp_path / "a.mp4", pictures, 4.0)
    with open_video(tmp_path / "a.mp4") as video:
        assert video.read([0, 1]).shape == (2, 34, 42, 3)
    with pytest.raises(KinemaError, match=r"\.webp"):
        write_film(tmp_path / "a.avi", pictures, 4.0)
