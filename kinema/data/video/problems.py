"""What is wrong with a file that can be read nevertheless, in words."""

from collections.abc import Sequence
from itertools import pairwise

from kinema.data.video.decoder import Decoder
from kinema.data.video.endings import ends_early
from kinema.errors import counted


def problems(decoder: Decoder, pts: Sequence[int | None], resized: int) -> tuple[str, ...]:
    """One text for each thing wrong, once the decoder is through; `resized` frames had another size than the first."""
    found = _cut(decoder), _start(decoder), _marked(decoder), _clock(pts), _unstamped(pts), _sizes(resized)
    return tuple(text for text in found if text)


def _cut(decoder: Decoder) -> str:
    promised = f" of the {decoder.header_frames} that its header promises" if decoder.header_frames else ""
    if decoder.stopped:
        return f"damaged: decoding stops after {counted(decoder.frames, 'frame')}{promised} ({decoder.stopped})"
    if decoder.packets < decoder.header_frames:
        return f"truncated: it holds {counted(decoder.frames, 'frame')}{promised}"
    complete = decoder.header_frames and decoder.container.startswith("mov")  # whatever its boxes say
    early = not complete and ends_early(decoder.path, decoder.container)
    return f"truncated: the file ends early, after {counted(decoder.frames, 'frame')}" if early else ""


def _start(decoder: Decoder) -> str:
    if not decoder.skipped:
        return ""
    return f"damaged: {counted(decoder.skipped, 'packet')} before the first frame cannot be decoded"


def _marked(decoder: Decoder) -> str:
    return f"damaged: the decoder had to patch {decoder.corrupt} of {decoder.frames} frames" if decoder.corrupt else ""


def _clock(pts: Sequence[int | None]) -> str:
    backward = sum(after < before for before, after in pairwise(stamp for stamp in pts if stamp is not None))
    often = counted(backward, 'time')
    return f"its clock goes backward {often}; frames stay in the order of decoding" if backward else ""


def _unstamped(pts: Sequence[int | None]) -> str:
    missing = sum(stamp is None for stamp in pts)
    return f"{missing} of {len(pts)} frames have no time stamp; theirs are interpolated" if missing else ""


def _sizes(resized: int) -> str:
    return f"{resized} frames have another size than the first and were scaled to it" if resized else ""
