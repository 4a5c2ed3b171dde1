"""Learning from a trained network's answers to the same clips.

Hinton et al., "Distilling the knowledge in a neural network" (arXiv:1503.02531). Axes in names: N clips, C channels,
T frames, H rows, W columns, K classes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from kinema.data.labels import label_key, label_numbers
from kinema.data.transforms.inputs import to_input
from kinema.data.transforms.resize import resize
from kinema.errors import RunError
from kinema.models import ClipSpec, Network, sized_by
from kinema.recipe import SEEN, Recipe
from kinema.runs import trained_network


@dataclass(frozen=True)
class Teacher:
    """A trained network that is asked about another one's clips: clips_NCTHW -> logits_NK, of `numbers` of its classes.

    clip: how the clips that come were made. The teacher is shown the same frames in its own colours, kind of input and
    size; all of them, but where its weights are sized by their number: then as many, evenly spread.
    """

    network: Network
    clip: ClipSpec
    numbers: tuple[int, ...]

    @torch.no_grad()
    def __call__(self, clips_NCTHW: torch.Tensor) -> torch.Tensor:
        clips_NCTHW = shown_to(self.network.clip, clips_NCTHW, self.clip)
        if "frames" in sized_by(self.network.name):
            clips_NCTHW = spread(clips_NCTHW, self.network.clip.frames)
        like = next(self.network.parameters())
        return self.network(clips_NCTHW.to(like.dtype))[:, list(self.numbers)]


def shown_to(theirs: ClipSpec, clips_NCTHW: torch.Tensor, mine: ClipSpec) -> torch.Tensor:
    """Clips that were made for one network, made for another; without loss where both see colours of one size."""
    looks = [(clip.input, clip.mean, clip.std, clip.order) if clip.input == "rgb" else clip.input
             for clip in (mine, theirs)]
    size = theirs.height, theirs.width
    if looks[0] == looks[1] and tuple(clips_NCTHW.shape[3:]) == size:
        return clips_NCTHW
    frames_NTHWC = clips_NCTHW.permute(0, 2, 3, 4, 1)
    if looks[0] != looks[1]:  # back to colours from 0 to 1
        mean, std = (clips_NCTHW.new_tensor(values) for values in (mine.mean, mine.std))
        frames_NTHWC = frames_NTHWC * std + mean
        frames_NTHWC = frames_NTHWC.flip(4) if mine.order == "bgr" else frames_NTHWC
    resized = [resize(frames_THWC, size) for frames_THWC in frames_NTHWC]
    if looks[0] == looks[1]:
        return torch.stack(resized).permute(0, 4, 1, 2, 3)
    with clips_NCTHW.device:  # where what is made on the way belongs
        return torch.stack([to_input(frames_THWC, theirs) for frames_THWC in resized])


def spread(clips_NCTHW: torch.Tensor, frames: int) -> torch.Tensor:
    """So many frames of each clip, evenly spread from its first to its last."""
    picked = torch.linspace(0, clips_NCTHW.shape[2] - 1, frames, device=clips_NCTHW.device).round().long()
    return clips_NCTHW.index_select(2, picked)


def teacher_of(recipe: Recipe, labels: Sequence[str], device: torch.device | str = "cpu") -> Teacher:
    """The network that a recipe's `distil` names, for these classes; RunError or ModelError for one that cannot teach.

    It must know every class by its name (case and spaces do not count), and be able to see the recipe's clips.
    """
    source = str(recipe.distil)
    network = trained_network(source)
    known = label_numbers(network.labels)
    missing = [label for label in labels if label_key(label) not in known]
    if missing:
        raise RunError(f"{source} cannot teach (distil): it does not know {len(missing)} of the {len(labels)} classes: "
                       f"{', '.join(missing[:5])}. A teacher is trained on the same classes, such as an earlier run.")
    mine, theirs = recipe.clip, network.clip
    if mine.input not in ("rgb", theirs.input):
        raise RunError(f"{source} cannot teach (distil): it sees {theirs.input}, which cannot be made from clips of "
                       f"{mine.input}. Train on --input rgb, or on {theirs.input} too.")
    if "flow" in theirs.input and mine.input != theirs.input:
        raise RunError(f"{source} cannot teach (distil): it sees {theirs.input}, which is not made from {mine.input} "
                       "in training.")
    unlike = [name for name in SEEN if getattr(mine, name) != getattr(theirs, name)] if "flow" in mine.input else []
    if unlike:
        named = ", ".join(f"{name} {getattr(theirs, name)}, not {getattr(mine, name)}" for name in unlike)
        raise RunError(f"{source} cannot teach (distil): its clips of {theirs.input} are made with {named}. "
                       "Train with the same.")
    if theirs.neighbours not in (1, mine.neighbours):
        raise RunError(f"{source} cannot teach (distil): it sees {theirs.neighbours} neighbouring frames in a row. "
                       f"Train with --neighbours {theirs.neighbours} too.")
    return Teacher(network.to(device).eval().requires_grad_(False), mine,
                   tuple(known[label_key(label)] for label in labels))


def check_taught(recipe: Recipe, labels: Sequence[str], shapes: Iterable[tuple[int, int, int]]) -> None:
    """Refuse a teacher that cannot see clips of one of the `shapes` (frames, rows, columns) of a training."""
    teacher = teacher_of(recipe, labels)
    for shape in shapes:
        try:
            teacher(torch.zeros(1, recipe.clip.channels, *shape))
        except (RuntimeError, ValueError) as error:  # torch's, or a ModelError
            seen = " x ".join(map(str, shape))
            raise RunError(f"{recipe.distil} cannot teach (distil): it cannot see this training's clips of {seen} "
                           f"frames, rows and columns. {error}") from error


def distilled(
    loss: torch.Tensor, logits_NK: torch.Tensor, taught_NK: torch.Tensor, weight: float, temperature: float,
    multi_label: bool,
) -> torch.Tensor:
    """A loss with the `weight` of how far answers are from a teacher's; both softened by `temperature`, whose square
    keeps the gradient's size (section 2 of the paper). Equal answers are at 0."""
    taught_NK = taught_NK.to(logits_NK.dtype) / temperature
    if multi_label:
        parts_NK = taught_NK.sigmoid()
        soft = F.binary_cross_entropy_with_logits(logits_NK / temperature, parts_NK)
        sure = F.binary_cross_entropy_with_logits(taught_NK, parts_NK)
    else:
        parts_NK = taught_NK.softmax(1)
        soft = F.cross_entropy(logits_NK / temperature, parts_NK)
        sure = F.cross_entropy(taught_NK, parts_NK)
    return (1 - weight) * loss + weight * temperature**2 * (soft - sure)
