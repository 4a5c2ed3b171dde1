"""A camera's frames, pushed one by one, get the answers that clips of them get."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kinema import Stream
from kinema.data.transforms import storage_resize
from kinema.data.transforms import test_transform as judged
from kinema.errors import DataError, KinemaError, ModelError, RunError
from kinema.inference.stream import Forgetful
from kinema.models import ClipSpec, Network, create_model
from kinema.runs import Run

SPEC = ClipSpec(4, 32, 32)


def network(name: str = "tsm-resnet_tiny", **options: object) -> Network:
    torch.manual_seed(0)
    built = create_model(name, ("rise", "fall", "rest"), **{"clip": SPEC, "causal": True, **options})  # type: ignore[arg-type]
    torch.nn.init.normal_(built.classifier.weight)
    return built.eval()


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """Twelve pictures of 40 x 56 pixels."""
    return np.random.default_rng(0).integers(0, 256, (12, 40, 56, 3), dtype=np.uint8)


def clip_answer(built: Network, frames: np.ndarray) -> np.ndarray:
    """What the network says of all frames as one clip."""
    with torch.inference_mode():
        stored = storage_resize(torch.from_numpy(frames), built.clip)  # as an evaluation keeps them
        return built(judged(built.clip)(stored)).numpy()[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tsm-resnet_tiny", "tam-resnet_tiny-tp", "lstm-resnet_tiny", "i3d+se-x3d_xs"])
@pytest.mark.parametrize("input_", ["rgb", "difference"])
def test_pushed_frames_are_the_clip_so_far(name: str, input_: str, frames: np.ndarray) -> None:
    built = network(name, clip=replace(SPEC, input=input_))
    stream = Stream(built, device="cpu")
    assert stream.exact
    for count in range(1, len(frames) + 1):
        said = stream.push(frames[count - 1])
        np.testing.assert_allclose(said, clip_answer(built, frames[:count]), atol=1e-5)


@pytest.mark.parametrize(("causal", "input_"), [(False, "rgb"), (True, "normalised_difference")])
def test_who_needs_a_clip_sees_the_last_one(causal: bool, input_: str, frames: np.ndarray) -> None:
    built = network(causal=causal, clip=replace(SPEC, input=input_))
    stream = Stream(built, device="cpu")
    assert not stream.exact
    said = [stream.push(frame) for frame in frames]
    np.testing.assert_allclose(said[-1], clip_answer(built, frames[-4:]), atol=1e-5)
    np.testing.assert_allclose(said[1], clip_answer(built, frames[[0, 0, 0, 1]]), atol=1e-5)


@pytest.mark.parametrize("causal", [True, False])
def test_cameras_in_one_batch_do_not_see_each_other(causal: bool, frames: np.ndarray) -> None:
    built = network(causal=causal)
    both, left, right = Stream(built, cameras=2, device="cpu"), Stream(built, device="cpu"), Stream(built, device="cpu")
    wide = np.concatenate([frames, frames[::-1]], axis=2)  # of another size
    for frame, other in zip(frames, wide, strict=True):
        expected_NK = [left.push(frame), right.push(other)]
        np.testing.assert_allclose(both.push([frame, other]), expected_NK, atol=1e-5)


@pytest.mark.parametrize("causal", [True, False])
def test_what_is_remembered_is_kept_and_restored(causal: bool, frames: np.ndarray, tmp_path: Path) -> None:
    built = network(causal=causal)
    stream, other = Stream(built, device="cpu"), Stream(built, device="cpu")
    for frame in frames[:5]:
        stream.push(frame)
    stream.save(tmp_path / "state.safetensors")
    kept, said = stream.state, stream.push(frames[5])
    other.load(tmp_path / "state.safetensors")
    np.testing.assert_array_equal(other.push(frames[5]), said)
    stream.state = kept
    np.testing.assert_array_equal(stream.push(frames[5]), said)
    stream.reset()
    np.testing.assert_array_equal(stream.push(frames[0]), Stream(built, device="cpu").push(frames[0]))


def test_the_state_of_another_network_is_refused(frames: np.ndarray, tmp_path: Path) -> None:
    stream, path = Stream(network(), device="cpu"), tmp_path / "state.safetensors"
    stream.push(frames[0])
    stream.save(path)
    with pytest.raises(RunError, match="whose network is tsm-resnet_tiny; expected tam-resnet_tiny"):
        Stream(network("tam-resnet_tiny"), device="cpu").load(path)
    with pytest.raises(RunError, match="whose cameras is 1; expected 2"):
        Stream(network(), cameras=2, device="cpu").load(path)
    other = network()
    torch.nn.init.normal_(other.classifier.weight)
    with pytest.raises(RunError, match="whose weights is"):
        Stream(other, device="cpu").load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(RunError, match="is no saved stream"):
        stream.load(path)
    with pytest.raises(RunError, match="is no saved stream"):
        stream.load(tmp_path / "gone")


def test_a_run_is_a_stream_too(tiny_run: Path, frames: np.ndarray) -> None:
    stream, run = Stream(tiny_run, device="cpu"), Run.open(tiny_run)
    np.testing.assert_allclose(stream.push(frames[0]), Stream(run.model(), device="cpu").push(frames[0]), atol=1e-5)
    assert stream.frame_seconds == pytest.approx(run.clip_seconds / run.clip.frames)


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "kind"), [((4, 4, 4), np.uint8), ((4, 4, 3), float), ((2, 4, 4, 3), np.uint8)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...], kind: type) -> None:
    stream = Stream(network(), device="cpu")
    with pytest.raises(DataError, match="came; expected a picture: rows, columns and 3 colours in uint8"):
        stream.push(np.zeros(shape, kind))
    with pytest.raises(DataError, match="expected a picture of each of 2 cameras"):
        Stream(network(), cameras=2, device="cpu").push([np.zeros((4, 4, 3), np.uint8)])
    assert stream.state.count == 0


def test_flow_is_not_found_in_a_stream() -> None:
    with pytest.raises(ModelError, match="sees optical flow, which a stream does not find"):
        Stream(create_model("tsn-resnet_tiny", clip=ClipSpec(4, 32, 32, input="flow")), device="cpu")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "cameras"), [
    ("tsm-resnet_tiny", 1), ("tsm-resnet_tiny", 2), ("i3d+se-x3d_xs", 1), ("lstm-resnet_tiny", 2)])
def test_openvino_steps_as_torch_does(name: str, cameras: int, frames: np.ndarray) -> None:
    pytest.importorskip("openvino")
    built = network(name, clip=replace(SPEC, input="difference" if cameras == 2 else "rgb"))
    own, other = Stream(built, cameras, "cpu"), Stream(built, cameras, "cpu", engine="openvino")
    assert other.exact
    for frame in frames:
        pictures = [frame, frame[::-1]] if cameras == 2 else frame
        np.testing.assert_allclose(other.push(pictures), own.push(pictures), atol=1e-4)
    kept, said = other.state, other.push(pictures)
    other.state = kept
    np.testing.assert_array_equal(other.push(pictures), said)


@pytest.mark.slow
def test_a_step_over_frames_is_not_compiled() -> None:
    pytest.importorskip("openvino")
    with pytest.raises(ModelError, match=r"cannot be compiled\. Nearest: the engine torch"):
        Stream(network("tam-resnet_tiny-tp"), device="cpu", engine="openvino")
    own, other = (Stream(network("tam-resnet_tiny-tp"), device="cpu", engine=engine) for engine in ("torch", "auto"))
    for frame in np.random.default_rng(0).integers(0, 255, (4, 40, 40, 3), np.uint8):
        np.testing.assert_allclose(other.push(frame), own.push(frame), atol=1e-5)


def test_who_remembers_is_computed_by_few_engines() -> None:
    with pytest.raises(KinemaError, match="computed by torch in fp32 or by openvino, not by torch in bf16"):
        Stream(network(), device="cpu", precision="bf16")
    with pytest.raises(KinemaError, match=r"The engine 'opnvino' is unknown; .* Nearest: openvino"):
        Stream(network(), device="cpu", engine="opnvino")


@pytest.mark.parametrize(("frames", "period"), [(4, 1), (8, 4), (5, 4), (2, 8)])
def test_a_mean_that_forgets_counts_no_more_than_a_clip_and_keeps_step(frames: int, period: int) -> None:
    forgetful, count = Forgetful(frames, period), 0
    for pushed in range(1, 200):
        count = forgetful(count + 1)
        assert count == pushed if pushed < frames else frames <= count < frames + 2 * period
        assert (pushed - count) % period == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tsm-resnet_tiny", "tam-resnet_tiny-tp", "lstm-resnet_tiny"])
def test_a_stream_without_end_forgets(name: str, frames: np.ndarray) -> None:
    def after(old: np.ndarray, recent: bool) -> np.ndarray:
        stream = Stream(built, device="cpu", recent=recent)
        assert stream.exact
        for _ in range(64):
            stream.push(old)
        return [stream.push(frame) for frame in np.concatenate([frames] * 12)][-1]

    built = network(name)
    white, black = np.full((40, 56, 3), 255, np.uint8), np.zeros((40, 56, 3), np.uint8)
    spread = np.abs(after(white, recent=False) - after(black, recent=False)).max()
    assert np.abs(after(white, recent=True) - after(black, recent=True)).max() < 1e-2 * spread


def test_who_cannot_forget_sees_its_last_clip_instead() -> None:
    for kind, exact in (("max", False), ("attention", False), ("avg", True)):
        built = network("pooling-resnet_tiny", kind=kind)
        assert Stream(built, device="cpu").exact
        assert Stream(built, device="cpu", recent=True).exact is exact
