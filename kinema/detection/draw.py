"""A video with the boxes of people and what they do drawn on it.

Axes in names: M boxes, K classes, H rows, W columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from kinema.data.synthetic.encode import encoder
from kinema.data.video import Video
from kinema.data.video.shape import pixel_width
from kinema.data.video.video import Picture
from kinema.detection.follow import between
from kinema.detection.watch import Seen
from kinema.errors import KinemaError
from kinema.files import write_atomic

LEAST_HEIGHT = 360  # pixels of the drawn video: smaller ones are enlarged, so that words can be read
MOST_LABELS = 3  # of a person
COLOURS = ((230, 25, 75), (60, 180, 75), (0, 130, 200), (245, 130, 48), (145, 30, 180), (0, 150, 150), (190, 150, 0),
           (240, 50, 230))


@dataclass(frozen=True)
class Shown:
    """A person in a frame: the box as parts of the picture, the number, and what is written beside it."""

    box: np.ndarray
    person: int
    lines: tuple[str, ...]


def shown_at(seen: Sequence[Seen], seconds: float, labels: Sequence[str], threshold: float) -> list[Shown]:
    """The people at a second of a video.

    Their actions are those of the nearest key frame. A box goes straight from key frame to key frame where both have
    the person; else it stays from halfway before its key frame to halfway after.
    """
    if not seen:
        return []
    times = np.array([one.seconds for one in seen])
    nearest = int(np.abs(times - seconds).argmin())
    other = nearest + (1 if seconds > times[nearest] else -1)
    share = 0.0
    if 0 <= other < len(seen):
        share = float((seconds - times[nearest]) / (times[other] - times[nearest]))
    found = []
    here, there = seen[nearest], seen[other] if 0 <= other < len(seen) else seen[nearest]
    for person, box, scores_K in zip(here.people_M, here.boxes_M4, here.scores_MK, strict=True):
        if person in there.people_M:
            box = between(box, there.boxes_M4[there.people_M.index(person)], share)
        best = [k for k in np.argsort(-scores_K)[:MOST_LABELS] if scores_K[k] >= threshold]
        found.append(Shown(box, person, tuple(f"{labels[k]} {scores_K[k]:.2f}" for k in best)))
    return found


class Pen:
    """Draws people on pictures; words need Pillow."""

    def __init__(self, height: int) -> None:
        try:
            from PIL import ImageFont
        except ImportError as error:
            raise KinemaError("Drawing on videos needs Pillow: pip install 'kinema[draw]'.") from error
        self.text = max(height // 28, 11)
        self.line = max(height // 180, 2)
        self.font = ImageFont.load_default(self.text)

    def __call__(self, picture_HWC: Picture, people: Sequence[Shown]) -> Picture:
        """The picture with a frame round each person, and the number and the actions on plates above or below it."""
        from PIL import Image, ImageDraw

        image = Image.fromarray(picture_HWC)
        draw = ImageDraw.Draw(image)
        for one in people:
            colour = COLOURS[(one.person - 1) % len(COLOURS)]
            x1, y1, x2, y2 = (one.box * ([image.width, image.height] * 2)).tolist()
            draw.rectangle((x1, y1, max(x2, x1), max(y2, y1)), outline=colour, width=self.line)
            self.words(draw, (x1, y1, x2, y2), [f"{one.person}", *one.lines], colour, (image.width, image.height))
        return np.asarray(image)

    def words(self, draw: Any, box: tuple[float, float, float, float], lines: list[str], colour: tuple[int, int, int],
              size: tuple[int, int]) -> None:
        """Lines of white on plates of a colour: above the box, or where there is no room inside its top."""
        high = self.text + 2 * self.line
        x1, y1, _, _ = box
        top = y1 - high * len(lines) if y1 >= high * len(lines) else y1
        for number, line in enumerate(lines):
            wide = draw.textlength(line, font=self.font) + 3 * self.line
            left, up = min(max(x1, 0), max(size[0] - wide, 0)), min(top + number * high, size[1] - high)
            draw.rectangle((left, up, left + wide, up + high), fill=colour)
            draw.text((left + 1.5 * self.line, up + high / 2), line, fill="white", font=self.font, anchor="lm")


def draw_video(
    video: Video, seen: Sequence[Seen], labels: Sequence[str], out: str | Path, threshold: float = 0.5
) -> Path:
    """Write an MP4 of all frames with the people in them drawn; actions whose score is below a threshold are not named.

    Small pictures are enlarged. The clock is even, at the video's usual rate; sound is left out.
    """
    factor = max(-(-LEAST_HEIGHT // video.height), 1)
    pen = Pen(video.height * factor)

    def write(unfinished: Path) -> None:
        name, _ = encoder()
        with av.open(str(unfinished), "w", format="mp4") as container:
            stream: Any = container.add_stream(name, rate=Fraction(video.fps).limit_denominator(1001))
            stream.height, stream.width = (side * factor // 2 * 2 for side in (video.height, video.width))
            stream.pix_fmt = "yuv420p"
            stream.codec_context.sample_aspect_ratio = pixel_width(video)
            for seconds, picture_HWC in video.frames():
                large_HWC = np.repeat(np.repeat(picture_HWC, factor, 0), factor, 1)
                drawn_HWC = pen(large_HWC, shown_at(seen, seconds, labels, threshold))
                even_HWC = np.ascontiguousarray(drawn_HWC[: stream.height, : stream.width])
                container.mux(stream.encode(av.VideoFrame.from_ndarray(even_HWC, format="rgb24")))
            container.mux(stream.encode())

    out = Path(out)
    write_atomic(out, write)
    return out
