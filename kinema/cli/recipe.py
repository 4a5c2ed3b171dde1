"""The options of a recipe, made from its fields, so that every field is an option and none is written twice."""

import inspect
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from kinema.data.transforms import Augment
from kinema.errors import RunError
from kinema.models.clip import parse_size
from kinema.recipe import Recipe, read_recipe

PANELS = {
    "Data": {
        "format": "format of an official list; recognised where not given",
        "root": "folder that the list's paths are relative to \\[default: the list's own]",
        "split": "fold=0 (that fold is the test side), fold=0/10, split=val; else the data's own, else fold=0",
        "validation": "share of the training side that chooses the best epoch and calibrates, by source",
        "seed": "the seed of every random draw",
        "balance": "against class imbalance: none, weights or sampling",
    },
    "Clip": {
        "frames": "frames of a clip",
        "size": "side of a clip in pixels, or HEIGHTxWIDTH",
        "sampling": "uniform (a frame from each equal part of the video) or dense",
        "stride": "frames from one frame of a dense clip to the next",
        "fps": "rate at which a dense clip's stride is counted; the video's own where not given",
        "neighbours": "frames in a row from each part of a uniform clip: 5 for tdn and stnet",
        "input": "rgb, difference (of grey frames), normalised_difference, flow, flow_stack (of ten), rgb+flow, ...",
        "resize": "shorter side of a picture before its centre is judged \\[default: 8/7 of the clip]",
        "mean": "red, green and blue that become 0, from 0 to 1; else of the weights it starts from, or ImageNet's",
        "std": "what red, green and blue are divided by after that",
        "order": "of the colours: rgb or bgr",
        "flow": "how optical flow is found: dis (usual), farneback or tvl1; else as in the weights it starts from",
        "flow_bound": "longest flow, in pixels of a clip of 224; longer is cut off \\[default: 20]",
        "flow_unit": "flow to the right and down that becomes 1, in pixels of a clip of 224 \\[default: the bound]",
        "flow_centred": "take its mean from each field of flow, against a moving camera",
    },
    "Network": {
        "where": "blocks that see time: all, top, bottom or alternate",
        "causal": "no frame sees a later one",
        "pool": "temporal pooling of -tp networks: max or avg",
        "dropout": "share of the features dropped before the classifier in training",
        "drop_path": "chance that the last residual branch is left out in training (stochastic depth); 0 is off",
        "options": "an option of the temporal module, such as taps=5; may be given several times",
        "start": "a run, a file or a checkpoint's id, whose weights the network starts from; an image's too",
        "inflation": "how kernels of an image network cover frames: mean, centre or repeat",
        "frozen": "the stem and so many stages (blocks) keep their weights; -1: all but the classifier",
        "distil": "a run, a file or a checkpoint's id, whose answers to the same clips are learnt from",
        "distil_weight": "share of the loss that those answers have",
        "temperature": "what those answers are softened by",
    },
    "Optimisation": {
        "epochs": "times that every clip is seen",
        "batch": "clips of an optimiser step, over all processes",
        "accumulate": "forward passes that share a step",
        "optimizer": "adamw or sgd",
        "lr": "peak learning rate",
        "layer_decay": "each stage (block) learns at this times the rate of the one after it",
        "head_lr": "the classifier learns at this times the rate",
        "weight_decay": "decay of kernels and matrices",
        "decay": "what decays: kernels (and matrices) or all",
        "momentum": "momentum of sgd",
        "nesterov": "momentum that looks ahead",
        "schedule": "cosine, steps or constant",
        "milestones": "part of the training after which steps divides the rate by 10; may be given several times",
        "multigrid": "small clips in large batches until the last milestone: long or short cycles, both or off",
        "warmup": "epochs of linear warm-up",
        "clip_gradient": "largest norm of the gradient",
        "loss": "softmax (each of k labels a target of 1/k) or sigmoid (each class by itself) \\[default: by the data]",
        "label_smoothing": "share of a target that is spread over all classes",
        "mixup": "parameter of the Beta distribution that mixes clips; 0 is off",
        "cutmix": "parameter of the Beta distribution that pastes boxes of other clips; 0 is off",
        "repeats": "views of each clip in a batch, augmented each by itself",
        "precise_norm": "training clips that batch norm's statistics are computed from at an epoch's end; 0 is off",
        "ema": "decay of the averaged weights that are kept; 0 is off",
        "precision": "32, bf16-mixed or 64-true",
    },
    "Augmentation": {},
}
ELSEWHERE = ("data", "model", "out", "augment")  # named by the command itself
TEXT = {"size", "split", "format", "root", "start", "input"}
THREE = tuple[float, float, float]
LISTS: dict[str, Any] = {"options": list[str], "milestones": list[float], "mean": THREE, "std": THREE,
                         "flow_bound": float, "flow_unit": tuple[float, float], "flow_centred": bool}


def parameters(usual: Mapping[str, Any] = MappingProxyType({})) -> list[inspect.Parameter]:
    """One option for each field of a recipe and of its augmentation; not given is None.

    `usual`: the defaults to tell where they are not a recipe's own.
    """
    found = []
    for panel, helps in PANELS.items():
        for name, help_text in helps.items():
            flag = (
                "--option"
                if name == "options"
                else "--" + name.removesuffix("s" if name == "milestones" else "").replace("_", "-")
            )
            default = usual.get(name, _default(Recipe, name))
            found.append(_option(name, _type(Recipe, name), flag, help_text, panel, default))
    for field in fields(Augment):
        flag = "--" + field.name.replace("_", "-")
        text = field.metadata.get("help", f"augmentation: {field.name.replace('_', ' ')}")
        found.append(
            _option(
                f"augment_{field.name}",
                _type(Augment, field.name),
                flag,
                text,
                "Augmentation",
                _default(Augment, field.name),
            )
        )
    return found


def _default(owner: type, name: str) -> Any:
    return getattr(owner(data="") if owner is Recipe else owner(), name)


def _type(owner: type, name: str) -> Any:
    default = _default(owner, name)
    if name in LISTS:
        return LISTS[name]
    if (owner is Recipe and name in TEXT) or (default is None and name not in ("fps", "clip_gradient")):
        return str
    if isinstance(default, tuple):
        return tuple[tuple(type(value) for value in default)]  # type: ignore[misc]
    return float if default is None else type(default)


def _option(name: str, kind: Any, flag: str, text: str, panel: str, default: Any) -> inspect.Parameter:
    flags = [f"{flag}/--no-{flag[2:]}"] if kind is bool else [flag]
    untold = default is None or (default in ({}, False) and kind is not bool)
    shown = "" if untold else f" \\[default: {_words(default)}]"
    option = typer.Option(*flags, help=text + shown, rich_help_panel=panel, show_default=False)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _words(value: Any) -> str:
    return (
        " ".join(map(str, value))
        if isinstance(value, tuple)
        else {True: "yes", False: "no"}.get(value, str(value))
        if isinstance(value, bool)
        else str(value)
    )


def recipe_of(base: str | None, given: dict[str, Any], usual: dict[str, Any] | None = None) -> Recipe:
    """The recipe of a YAML file, or the default one, with the options that were given; `usual` values are for what
    neither says."""
    changes = {name: value for name, value in given.items() if value not in (None, [])}
    augment = {
        name.removeprefix("augment_"): changes.pop(name) for name in list(changes) if name.startswith("augment_")
    }
    options: dict[str, Any] = {}
    if "size" in changes:
        changes["size"] = parse_size(changes["size"])
    if "milestones" in changes:
        changes["milestones"] = tuple(changes["milestones"])
    if "options" in changes:
        options = dict(parse_option(text) for text in changes.pop("options"))
    recipe = (Recipe.from_dict({"data": "", **(usual or {}), **changes}, "the command") if base is None else
              read_recipe(base, usual, **changes))
    if not recipe.data:
        raise RunError("Expected what to train on: a folder with a class per sub-folder, a csv, or --recipe FILE.")
    if augment or options:
        found = recipe.to_dict()
        joined = {"augment": {**found["augment"], **augment}, "options": {**found["options"], **options}}
        recipe = Recipe.from_dict({**found, **joined}, "the command")
    return recipe


def recipes_of(bases: list[str], given: dict[str, Any]) -> list[Recipe]:
    """The recipes of several YAML files, to be trained one after the other, with the options that were given.

    `start` is the first one's. `out` is a folder in which each run has its recipe's name; where a recipe goes on from
    the run of one before it, it finds it there.
    """
    if len(bases) < 2:
        return [recipe_of(bases[0] if bases else None, given)]
    folder, start = given.get("out"), given.get("start")
    found: list[Recipe] = []
    moved: dict[str | None, str] = {}
    for number, base in enumerate(bases):
        recipe = recipe_of(base, {**given, "out": None, "start": None if number else start})
        if folder is not None:
            moved[recipe.out] = str(Path(folder) / Path(base).stem)
            recipe = replace(recipe, out=moved[recipe.out], start=moved.get(recipe.start, recipe.start))
        found.append(recipe)
    outs = [recipe.out for recipe in found]
    if twice := next((out for out in outs if outs.count(out) > 1), None):
        raise RunError(f"Two recipes have one folder, {twice}. Give each its own out, or name its file otherwise.")
    return found


def parse_option(text: str) -> tuple[str, Any]:
    """name=value, the value read as YAML reads it: a number, true, false or text."""
    import yaml

    name, found, value = text.partition("=")
    if not found or not name:
        raise RunError(f"The option {text!r} came; expected NAME=VALUE, such as taps=5.")
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise RunError(f"The option {text!r} came; expected NAME=VALUE, such as taps=5.") from error
