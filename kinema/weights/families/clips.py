"""The clip a network was made for, where its weights say it."""

from dataclasses import replace
from typing import Any

from kinema.models.published import PUBLISHED


def made_for(name: str, frames: int, height: int, width: int) -> dict[str, Any]:
    """The options that say for which clip a published network was made, where it is another one; 0 is for unknown."""
    usual = PUBLISHED[name].clip
    clip = replace(usual, frames=frames or usual.frames, height=height or usual.height, width=width or usual.width)
    if clip == usual:
        return {}
    return {"frames": clip.frames} if clip == replace(usual, frames=clip.frames) else {"clip": clip}
