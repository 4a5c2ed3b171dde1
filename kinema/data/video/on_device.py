"""A file whose frames torchcodec decodes, as on a GPU. Axes: T frames, H rows, W columns."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from kinema.data.video.file import VideoFile
from kinema.data.video.paths import shown
from kinema.data.video.video import Picture
from kinema.errors import KinemaError

AT_ONCE = 64  # frames in the device's memory
CLOSE_SECONDS = 1e-3  # time stamps that are meant to be the same


class VideoOnDevice(VideoFile):
    """As `VideoFile`: the same frames by number and time, decoded by torchcodec on a device ("cuda", "cuda:1", "cpu").

    On the CPU they are the same bit for bit. A GPU's decoder may round colours otherwise. Files whose packets do not
    tell their frames, and frames that torchcodec gives otherwise (turned, or of another time), are decoded by PyAV.
    """

    def __init__(self, path: Path, device: str) -> None:
        if find_spec("torchcodec") is None:
            raise KinemaError(f"Decoding on {device} needs torchcodec, of the version that fits the installed PyTorch "
                              "(its own page has the table): pip install torchcodec.")
        super().__init__(path)
        self.device = device

    def frames(self) -> Iterator[tuple[float, Picture]]:
        """Every (time in seconds, H W 3 uint8)."""
        if self._promised is None:
            yield from super().frames()
        else:
            for number, picture in self.pictures(range(len(self))):
                yield float(self.times_seconds[number]), picture

    def pictures(self, indices: Sequence[int]) -> Iterator[tuple[int, Picture]]:
        """(index, picture) for rising indices."""
        left = list(indices)
        if left and self._promised is not None:
            decoder = opened(self.path, self.device)
            for first in range(0, len(indices), AT_ONCE):
                some = list(indices[first : first + AT_ONCE])
                try:
                    found = decoder.get_frames_at(some)
                except (RuntimeError, IndexError):  # damage: PyAV says what
                    break
                times, shape = found.pts_seconds.numpy(), tuple(found.data.shape[1:])
                late = np.abs(times - self.times_seconds[some]).max() > CLOSE_SECONDS
                if late or shape != (self.height, self.width, 3):
                    break
                yield from zip(some, found.data.cpu().numpy(), strict=True)
                del left[: len(some)]
        yield from super().pictures(left)

    def __reduce__(self) -> Any:
        return VideoOnDevice, (self.path, self.device)


def opened(path: Path, device: str) -> Any:
    """torchcodec's decoder of a file."""
    try:
        from torchcodec.decoders import VideoDecoder

        return VideoDecoder(path, dimension_order="NHWC", device=device, seek_mode="exact")
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        said = str(error).strip().splitlines()[0]
        raise KinemaError(f"torchcodec cannot decode {shown(path)} on {device}: {said}. Expected a device that it "
                          "knows (cuda, cpu), and a torchcodec that fits the installed PyTorch.") from error
