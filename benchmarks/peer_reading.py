"""How other libraries read frames, timed where they are installed: run by `benchmarks.reading`, with their own Python.

For each line "kind frames stride path" it gives the processor's seconds of one reading with one thread. It knows
nothing of kinema. PyTorchVideo 0.1.5 imports parts of torchvision that its readers do not use: these are put in its
place by names alone.
"""

import sys
import time
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class StandIn(MetaPathFinder, Loader):
    """Gives torchvision's modules, in which every name is a class that does nothing."""

    def find_spec(self, name, path, target=None):
        """Every module of torchvision is here."""
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "torchvision" else None

    def exec_module(self, module: ModuleType) -> None:
        """Put the names in."""
        module.__getattr__ = lambda name: type(name, (), {})  # type: ignore[method-assign]


def indices_of(total: int, frames: int, stride: int) -> list[int]:
    """Which frames are read: the middles of equal parts (stride 0), or the middle ones, `stride` apart."""
    if not stride:
        return [int((number + 0.5) * total / frames) for number in range(frames)]
    first = (total - frames * stride) // 2
    return [first + number * stride for number in range(frames)]


def decord(path: str, frames: int, stride: int) -> None:
    """decord's reader, which gives the frames that are asked for."""
    from decord import VideoReader, cpu

    video = VideoReader(path, ctx=cpu(0), num_threads=1)
    video.get_batch(indices_of(len(video), frames, stride)).asnumpy()


def pytorchvideo(path: str, frames: int, stride: int) -> None:
    """PyTorchVideo's reader, which gives all frames of a part of the video, of which some are taken."""
    from pytorchvideo.data.encoded_video import EncodedVideo

    video = EncodedVideo.from_path(path, decode_audio=False)
    seconds = float(video.duration)
    lasts = frames * stride / 25 if stride else seconds
    start = (seconds - lasts) / 2
    clip = video.get_clip(start, start + lasts)["video"]
    clip[:, indices_of(clip.shape[1], frames, 0)]
    video.close()


READERS = {"decord": decord, "pytorchvideo": pytorchvideo}


def main() -> None:
    """Answer one line after the other."""
    import torch

    torch.set_num_threads(1)
    sys.meta_path.insert(0, StandIn())
    for line in sys.stdin:
        kind, frames, stride, path = line.rstrip("\n").split(" ", 3)
        start = time.process_time()
        READERS[kind](path, int(frames), int(stride))
        print(time.process_time() - start, flush=True)


if __name__ == "__main__":
    main()
