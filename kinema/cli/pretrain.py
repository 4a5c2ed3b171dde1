"""`kinema pretrain`."""

import inspect
from shlex import quote
from typing import Annotated, Any

import typer

from kinema.cli.output import command, fail, say
from kinema.cli.recipe import parameters, recipe_of
from kinema.cli.train import machine_of, train_options
from kinema.errors import KinemaError
from kinema.training.masking import DEFAULTS, USED, Masking

MASKING = "Masking"
NAMED = ("data", "model", "out", "recipe")  # what is told here in other words than of a training


def masking_options(
    data: Annotated[str | None, typer.Argument(help="any folder of videos, or a list of clips; no labels")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help=f"a plain vision transformer \\[default: {DEFAULTS['model']}]")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help=f"the folder to write \\[default: {DEFAULTS['out']}]")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option("--recipe", "-r", help="a YAML file; options go before what it says")
    ] = None,
    masked: Annotated[
        float, typer.Option(help="share of a frame's places that is hidden", rich_help_panel=MASKING)
    ] = 0.9,
    decoder_depth: Annotated[
        int, typer.Option(min=1, help="blocks that paint what is hidden", rich_help_panel=MASKING)
    ] = 4,
    decoder_width: Annotated[
        int, typer.Option(min=0, help="their channels; 0: half of the encoder's", rich_help_panel=MASKING)
    ] = 0,
    normalised: Annotated[
        bool, typer.Option("--normalised/--plain", help="paint values over their patch's deviation, or as they are "
                           "(where still places are mostly noise)", rich_help_panel=MASKING)
    ] = True,
) -> None:
    """The options that are this command's own."""


@command
def pretrain(**given: Any) -> None:
    """Pre-train a vision transformer on unlabelled footage: it learns to paint what is hidden of each clip.

    Most places of a clip are hidden, the same ones in all frames; the network sees the others alone. The same command
    again goes on where it stopped. The folder it writes is what `kinema train --start` takes.

    Examples:

      kinema pretrain footage/ --out runs/pretrained

      kinema pretrain footage/ --model timesformer --frames 8 --size 112 --epochs 200 --devices 4

      kinema train clips/ --model videomae_s --frames 16 --start runs/pretrained --out runs/tuned
    """
    from kinema.training.pretrain import pretrain as run_pretraining

    base, restart, machine = given.pop("recipe"), given.pop("restart"), machine_of(given)
    shape = [given.pop(name) for name in ("masked", "decoder_depth", "decoder_width", "normalised")]
    if not given["data"] and base is None:
        fail("expected footage: any folder of videos, or a list of clips.", code=2)
    told = {name: value for name, value in given.items() if value is not None}
    try:
        masking, recipe = Masking(*shape), recipe_of(base, told, DEFAULTS)
    except KinemaError as error:
        fail(str(error), code=2)
    path = run_pretraining(recipe, masking, machine, restart=restart)
    say(f"Pre-trained {recipe.model}: {path}")
    say(f"Next: kinema train CLIPS --model {recipe.model} --start {quote(str(path))}")


_own = inspect.signature(masking_options).parameters
_shared = [one for name, one in inspect.signature(train_options).parameters.items() if name not in NAMED]
_recipes = [one for one in parameters(DEFAULTS) if one.name in USED or one.name.startswith("augment_")]
_parameters = [*_own.values(), *_shared, *_recipes]
pretrain.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in _parameters]
)
pretrain.__annotations__ = {parameter.name: parameter.annotation for parameter in _parameters}
