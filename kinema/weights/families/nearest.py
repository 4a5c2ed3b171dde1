"""The published network that is nearest to what weights say, and the clip it was made for."""

from dataclasses import replace
from typing import Any

from kinema.models.backbones import BACKBONES
from kinema.models.options import usual_values
from kinema.models.published import PUBLISHED


def made_for(name: str, frames: int, height: int, width: int) -> dict[str, Any]:
    """The options that say for which clip a published network was made, where it is another one; 0 is for unknown."""
    usual = PUBLISHED[name].clip
    clip = replace(usual, frames=frames or usual.frames, height=height or usual.height, width=width or usual.width)
    if clip == usual:
        return {}
    return {"frames": clip.frames} if clip == replace(usual, frames=clip.frames) else {"clip": clip}


def nearest_of(names: tuple[str, ...], options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The backbone with most of these options, and those that it has not."""
    usual = {name: usual_values(BACKBONES[name].build) for name in names}
    apart = {name: {key: value for key, value in options.items() if usual[name][key] != value} for name in names}
    name = min(names, key=lambda name: len(apart[name]))
    return name, apart[name]
