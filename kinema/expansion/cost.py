"""What networks of the walk cost: a clip of one, the training of one, and the published ones."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from kinema.expansion.axes import options_of
from kinema.models.backbones.x3d import SIZES, Size
from kinema.models.clip import ClipSpec
from kinema.recipe import Recipe
from kinema.runs import Run, build_network

if TYPE_CHECKING:
    from kinema.evaluation.profile import Cost
    from kinema.models import Network

FAMILY = "x3d_s"  # modules and block of all published ones
BACKWARD = 2  # forward passes that a backward pass costs: gradients of weights, and of what goes into each layer


def sized(recipe: Recipe, size: Size) -> Recipe:
    """The recipe of a network of a size."""
    options = recipe.options | options_of(size)
    return replace(recipe, frames=size.frames, stride=size.stride, size=size.pixels, options=options)


def counter(recipe: Recipe, labels: tuple[str, ...]) -> Callable[[Size], float]:
    """The GMACs of a clip of the network of a size, by kinema's own count; each is counted once."""
    import torch

    from kinema.evaluation.profile import profile

    @cache
    def gmacs(size: Size) -> float:
        with torch.device("meta"):
            return profile(build_network(sized(recipe, size), labels)).gmacs

    return gmacs


def training_gmacs(path: str, gmacs: float) -> float:
    """The multiply-adds of a run's training, in billions, of a network with so many a clip.

    A training clip costs its forward pass and a backward pass of two; a validation clip, once an epoch, its forward
    pass. What comes after the last epoch is not counted.
    """
    from kinema.training.log import read_csv
    from kinema.training.prepare import share_batch

    run = Run.open(path)
    clips, steps = run.facts["clips"], int(read_csv(run.path / "log.csv")[-1]["step"])
    trained = steps * share_batch(run.recipe, clips["train"], 1)
    return gmacs * ((1 + BACKWARD) * trained + run.recipe.epochs * clips["validation"])


def of_size(size: Size) -> "Network":
    """The network of six factors, with its clip and 400 classes."""
    from kinema.models import create_model

    clip = ClipSpec(size.frames, size.pixels, size.pixels, "dense", size.stride)
    return create_model(FAMILY, clip=clip, **options_of(size))


def published() -> dict[str, tuple[Size, "Cost"]]:
    """The factors of X3D-XS to XL (Feichtenhofer, arXiv:2004.04730), and what the networks made of them cost."""
    import torch

    from kinema.evaluation.profile import profile

    with torch.device("meta"):
        return {name: (size, profile(of_size(size))) for name, size in SIZES.items()}
