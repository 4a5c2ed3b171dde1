"""The clip that weights are for, where it is not one of colours."""

from dataclasses import replace
from typing import Any

from kinema.models.clip import CHANNELS
from kinema.models.names import parse, usual_clip


def clip_of(model: str, channels: int) -> dict[str, Any]:
    """The option of a network that sees so many channels; none where no kind of input has so many."""
    kind = next((kind for kind, number in CHANNELS.items() if number == channels), "rgb")
    return {} if kind == "rgb" else {"clip": replace(usual_clip(parse(model)[1], None), input=kind)}
