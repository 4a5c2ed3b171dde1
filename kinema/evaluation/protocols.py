"""How a video is judged: which clips and crops of it the network is shown, and how its answers become one."""

import re
from dataclasses import dataclass, replace

from kinema.data.transforms import CROPS
from kinema.errors import DataError, nearest
from kinema.models.clip import ClipSpec

AVERAGES = ("probabilities", "logits")
CHANGED = ("frames", "sampling", "stride")  # what of a clip may be other than in training, beside its size


@dataclass(frozen=True)
class Protocol:
    """`clips` in time times `crops` in space of each video, whose `average` is of probabilities or of logits.

    `frames`, `size` (pixels), `sampling` and `stride` are those of a clip, where they are not as in training.
    """

    clips: int = 1
    crops: int = 1
    average: str = "probabilities"
    frames: int | None = None
    size: int | None = None
    sampling: str | None = None
    stride: int | None = None

    def __post_init__(self) -> None:
        if self.clips < 1:
            raise DataError(f"{self.clips} clips came; a video is judged on 1 clip in time or more.")
        if self.crops not in CROPS:
            raise DataError(f"{self.crops} crops came; a clip has {', '.join(map(str, CROPS))}.")
        if self.average not in AVERAGES:
            raise DataError(f"The average of {self.average!r} came; it is of {' or '.join(AVERAGES)}."
                            f"{nearest(self.average, AVERAGES)}")

    @property
    def views(self) -> tuple[int, int]:
        """Clips in time, and crops of each."""
        return self.clips, self.crops

    @classmethod
    def of(cls, views: tuple[int, int], average: str, shown: ClipSpec, trained: ClipSpec) -> "Protocol":
        """The protocol by which clips and crops were `shown` to a network that was `trained` on such a clip."""
        told = {name: getattr(shown, name) for name in CHANGED if getattr(shown, name) != getattr(trained, name)}
        if any(getattr(shown, name) != getattr(trained, name) for name in ("height", "width", "resize")):
            told["size"] = shown.height
        return cls(*views, average, **told)

    def clip(self, trained: ClipSpec) -> ClipSpec:
        """What the network is shown, where it was trained on clips of another kind."""
        told = {name: getattr(self, name) for name in CHANGED if getattr(self, name)}
        if self.size:
            told |= {"height": self.size, "width": self.size, "resize": None}
        return replace(trained, **told)

    @property
    def name(self) -> str:
        """Its numbers of crops and clips, and pixels where it says so: what `find_protocol` reads."""
        return f"{self.crops}x{self.clips}" + (f"-{self.size}px" if self.size else "")

    @property
    def words(self) -> str:
        """All that it says, with what papers call it: 3x10 (kinetics, moments), average of logits, 16 frames, dense."""
        called = [name for name, each in PROTOCOLS.items() if name[0].isalpha()
                  and (each.views, each.size) == (self.views, self.size)]
        parts = [self.name + (f" ({', '.join(called)})" if called else ""),
                 f"average of {self.average}" if self.views != (1, 1) else "",
                 f"{self.frames} frame{'s' * (self.frames > 1)}" if self.frames else "", self.sampling or "",
                 f"stride {self.stride}" if self.stride else ""]
        return ", ".join(part for part in parts if part)

    @property
    def suffix(self) -> str:
        """What tells the files of its results from those of one clip and one crop as in training."""
        parts = [f"{self.clips}x{self.crops}" if self.views != (1, 1) else "", self.sampling or "",
                 f"stride{self.stride}" if self.stride else "", f"{self.frames}f" if self.frames else "",
                 f"{self.size}px" if self.size else "", "" if self.average == AVERAGES[0] else self.average]
        return "".join(f"-{part}" for part in parts if part)


PROTOCOLS = {  # crops x clips, as papers count them
    "1x1": Protocol(),
    "1x10": Protocol(10),
    "kinetics": Protocol(10, 3),  # Wang et al., arXiv:1711.07971, and since
    "moments": Protocol(10, 3),
    "ssv2": Protocol(2, 3),  # Lin et al., arXiv:1811.08383
    "uniform": Protocol(2, 3, size=256),  # Chen et al., arXiv:2010.11757
}


def find_protocol(name: str) -> Protocol:
    """A protocol by its name, or by its numbers of crops and clips, such as 3x10, and pixels: 3x2-256px."""
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    if found := re.fullmatch(r"(\d+)x(\d+)(?:-(\d+)px)?", name):
        return Protocol(int(found[2]), int(found[1]), size=int(found[3]) if found[3] else None)
    raise DataError(f"No protocol is called {name!r}; known are {', '.join(PROTOCOLS)}, or crops x clips such as 3x10 "
                    f"or 3x2-256px.{nearest(name, PROTOCOLS)}")
