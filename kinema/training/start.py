"""The weights that a training starts from, and what they show of their network."""

from dataclasses import replace
from pathlib import Path

from kinema.errors import ModelError
from kinema.models import Network
from kinema.recipe import OF_NETWORK, SEEN, Recipe
from kinema.runs import Run

STRUCTURE = {"where": "all", "causal": False, "pool": "max"}  # of a network, which its weights need not show
OF_RECIPES = ("frames", "clip", *OF_NETWORK)  # options of networks that a recipe has fields for


def completed(recipe: Recipe) -> tuple[Recipe, list[str]]:
    """The recipe with what the weights it starts from show of its network and its colours, where it says nothing.

    Also what they were trained with that the recipe has otherwise, a sentence each.
    """
    if not recipe.start:
        return recipe, []
    from kinema.weights import shown_by

    shown = shown_by(recipe.start, recipe.model, recipe.clip, recipe.options)
    own = {name: value for name, value in shown.options.items() if name not in OF_RECIPES}
    colours = {name: getattr(shown.clip, name) for name in SEEN if getattr(recipe, name) is None}
    differing = [f"The weights it starts from were trained with {name} {shown.options.get(name, usual)!r}, not "
                 f"{getattr(recipe, name)!r}." for name, usual in STRUCTURE.items()
                 if shown.options and getattr(recipe, name) != shown.options.get(name, usual)]
    return replace(recipe, options=own | recipe.options, **colours), differing


def start_from(network: Network, recipe: Recipe) -> list[str]:
    """Give a network the weights of a run, a file or an official checkpoint, but for a classifier of other classes.

    An image network's are inflated. Returns what a user should know of that, a sentence each.
    """
    from kinema.weights import inflate, load_weights
    from kinema.weights.inflation.images import image_layout, image_weights, known
    from kinema.weights.pretrained import file_of
    from kinema.weights.read import read_weights
    from kinema.weights.translate import unwrapped

    path = file_of(str(recipe.start))
    own = {key: value.clone() for key, value in network.classifier.state_dict().items()}
    weights = path if path.is_dir() else read_weights(path)
    try:
        load_weights(network, weights, strict=False)
        labels = labels_of(path)
        if labels and labels != network.labels:
            network.classifier.load_state_dict(own)  # as many classes, but other ones
        return []
    except ModelError:
        if isinstance(weights, Path) or (image_layout(weights) is None and known(weights)):
            raise
    inflate(network, weights, recipe.inflation)
    return [f"The weights it starts from are {image_weights(unwrapped(weights))[0]}, inflated by {recipe.inflation}."]


def labels_of(path: Path) -> tuple[str, ...]:
    """The classes of a run or of a file of kinema's; none where they are not told."""
    from kinema.weights.save import described

    if path.is_dir():
        return Run.open(path).labels
    labels = (described(path) or {}).get("labels", ())
    return tuple(labels) if isinstance(labels, list) else ()
