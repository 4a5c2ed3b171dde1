"""A video in a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinema.data.video.decoder import Decoder, open_first
from kinema.data.video.find import find
from kinema.data.video.index import Index, build_index, room
from kinema.data.video.packets import BrokenPromiseError, Packets, decoded, promised
from kinema.data.video.paths import shown, state
from kinema.data.video.pixels import Pixels
from kinema.data.video.problems import problems
from kinema.data.video.video import Picture, Video
from kinema.errors import ShorterError, VideoError


class VideoFile(Video):
    """A file in any container and codec that FFmpeg reads.

    The law: frame k is the k-th frame that PyAV decodes from the first video stream that gives any, as
    `to_ndarray(format="rgb24")`, turned upright by the container's display matrix. The order is the decoder's order of
    output (the order of presentation), also where time stamps go backward. What headers say is not believed. Frames of
    another size than the first are scaled to it; damage ends the video (both are said in `warnings`).

    Where the structure of a file is sound in every packet (H.264 and H.265 in MP4 or Matroska), length and times are
    those of the packets, and only what frames refer to is decoded. Where it is not, or a frame is not as promised, the
    whole file is: a video whose pictures fit in 256 MB keeps them; a larger one is decoded for each reading, from the
    nearest key frame if that gives the same frames (by checksum), else from the start. So it is for `warnings`.
    `threads`: 0 is FFmpeg's choice; any number gives the same frames of a sound file. `whole`: believe no packets.
    `largest`: pixels of a picture's longer side, at most; what is larger shrinks, which the law does not foresee.
    """

    path: Path

    def __init__(self, path: Path, threads: int = 0, whole: bool = False, largest: int | None = None) -> None:
        self.path, self._threads, self._whole, self._largest = path, threads, whole, largest
        self._index: Index | None = None
        self._packets: Packets | None = None
        self._believed = not whole  # the packets are looked at, and no frame has shown that they do not tell the truth
        self._used: Decoder | None = None  # open, anywhere in the file
        self._state, self._decoded = state(path), 0  # the latter: frames that were decoded one by one
        self._warnings: tuple[str, ...] | None = None
        self._opened: Decoder | None
        self._opened, first = open_first(path, threads)
        self._choice, self._pixels = self._opened.choice, Pixels(first, threads, largest)
        self.height, self.width = self._pixels.height, self._pixels.width

    def _decoder(self) -> Decoder:
        """The file at its beginning: as it was opened, or opened again."""
        opened, self._opened = self._opened, None
        return opened or Decoder(self.path, self._threads, self._choice)

    @property
    def _indexed(self) -> Index:
        if self._index is None:
            self._disbelieve()
            with self._decoder() as decoder:
                self._index = build_index(decoder, self._pixels)
            self._warnings = self._index.warnings
        return self._index

    @property
    def _promised(self) -> Packets | None:
        """What the packets tell, if it is to be believed."""
        if self._believed and self._packets is None:
            self._used = self._decoder()
            self._packets = promised(self._used)
            self._believed = self._packets is not None
        return self._packets

    def _disbelieve(self) -> None:
        """From now on, the whole file is gone through."""
        self._believed, self._packets = False, None
        self._let_go()

    def _let_go(self) -> None:
        for decoder in filter(None, (self._opened, self._used)):
            decoder.close()
        self._opened = self._used = None

    @property
    def times_seconds(self) -> NDArray[np.float64]:
        """Each frame's time stamp in the container's clock; frames without one are put between their neighbours."""
        return (self._promised or self._indexed).times_seconds

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was wrong, in words; known after one pass over the whole file."""
        return self._indexed.warnings if self._warnings is None else self._warnings

    @property
    def known(self) -> bool:
        """Whether length and times are there without a pass over the frames."""
        return self._index is not None or self._promised is not None

    @property
    def noticed(self) -> tuple[str, ...]:
        """What was wrong as far as it showed, without a pass over frames that nobody asked for."""
        return () if self._warnings is None and self._promised else self.warnings

    def frames(self) -> Iterator[tuple[float, Picture]]:
        """Every (time in seconds, H W 3 uint8), decoding as it goes; without a time stamp, as in `times_seconds`."""
        pts: list[int | None] = []
        resized = 0
        with self._decoder() as decoder:
            for number, frame in enumerate(decoder):
                pts.append(frame.pts)
                resized += not self._pixels.fits(frame)
                picture = self._pixels(frame)
                if frame.pts is not None:
                    yield frame.pts * float(decoder.time_base), picture
                elif number < len(self):
                    yield float(self.times_seconds[number]), picture
                else:
                    raise self._changed(number)
        self._warnings = problems(decoder, pts, resized)
        if self._warnings or (self._packets and pts != [*self._packets.shown]):
            self._disbelieve()

    def pictures(self, indices: Sequence[int]) -> Iterator[tuple[int, Picture]]:
        """(index, picture) for rising indices."""
        left, packets = list(indices), self._promised
        if left and packets and self._pays(packets, left):
            if state(self.path) != self._state:
                raise self._changed(left[0])
            reader, self._used = self._used or self._decoder(), None  # another reading meanwhile has its own
            spare: Decoder | None = reader
            try:
                for number, frame in decoded(reader, packets, indices):
                    yield number, self._pixels(frame)
                    del left[0]
                self._used, spare = reader, self._used
                return
            except BrokenPromiseError:
                self._disbelieve()
            finally:
                if spare:
                    spare.close()
        if left and left[-1] >= len(self):
            raise self._changed(left[-1])
        if kept := self._indexed.kept:
            yield from ((number, kept[number]) for number in left)
            return
        for number, found in find(left, self._indexed, self._decoder):
            if found is None:
                raise self._changed(number)
            yield number, self._pixels(found)

    def _pays(self, packets: Packets, numbers: Sequence[int]) -> bool:
        """Whether to decode these alone: not once that came to more than to decode all frames and keep them."""
        self._decoded += len(packets.needed(numbers))
        return self._decoded <= 2 * len(packets.pts) or len(packets.pts) > room(self._pixels)

    def _changed(self, number: int) -> VideoError:
        if self._warnings and number >= len(self):
            return ShorterError(f"{shown(self.path)} is {self._warnings[0]}; frame {number} was asked for.")
        return VideoError(f"{shown(self.path)} has changed since it was opened: frame {number} is gone. Open it again.")

    def close(self) -> None:
        """Forget the frames in memory; a closed video can be read again, from its file."""
        self._index = None
        self._let_go()

    def __reduce__(self) -> Any:
        return VideoFile, (self.path, self._threads, self._whole, self._largest)
