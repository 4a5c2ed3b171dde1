"""How wide the pixels of a video are shown beside their height: those of a DVD or an HDV camera are no squares."""

from fractions import Fraction
from typing import Any

from kinema.data.video.decoder import open_first
from kinema.data.video.pixels import quarter_turns
from kinema.data.video.video import Video


def pixel_width(video: Video) -> Fraction:
    """How wide a pixel of the upright picture is shown beside its height; 1 where no file says otherwise."""
    if video.path is None or not video.path.is_file():
        return Fraction(1)
    decoder, first = open_first(video.path, threads=1)
    with decoder:
        return 1 / decoder.pixel_width if quarter_turns(first) % 2 else decoder.pixel_width


def stream_like(template: Any, container: Any) -> Any:
    """A stream for the packets of another one, with the shape of its pixels.

    PyAV copies that where it is told in the packets, but not where a file's head alone tells it.
    """
    stream = container.add_stream_from_template(template)
    for shape in (template.sample_aspect_ratio, template.codec_context.sample_aspect_ratio):
        if shape and shape != 1:
            stream.codec_context.sample_aspect_ratio = shape
            break
    return stream
