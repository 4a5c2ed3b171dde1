"""`kinema detect train`."""

import inspect
from shlex import quote
from typing import Annotated, Any

import typer

from kinema.cli.output import command, fail, say
from kinema.cli.recipe import parameters, recipe_of
from kinema.cli.train import machine_of, machine_options
from kinema.errors import KinemaError

LABELS = Annotated[
    str | None, typer.Option(help="label map of the actions: pbtxt, or lines such as '12: stand' \\[default: AVA's]")
]
EXCLUDE = Annotated[str | None, typer.Option(help="csv of key frames (video, timestamp) to leave out")]
OFFSET = Annotated[
    float, typer.Option(help="timestamp of a video's first frame: 900 where AVA's films were cut to their middle")
]
FPS = Annotated[float, typer.Option(min=0.01, help="rate of videos that are folders of pictures")]


def train_options(
    boxes: Annotated[str, typer.Argument(help="csv: video, timestamp, x1, y1, x2, y2, action, person")],
    model: Annotated[str | None, typer.Option("--model", "-m", help="a name; `kinema models` lists them")] = None,
    out: Annotated[str, typer.Option("--out", "-o", help="the detector's folder")] = "runs/detector",
    recipe: Annotated[
        str | None, typer.Option("--recipe", "-r", help="a YAML file; options go before what it says")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="train anew; else it goes on where it stopped")] = False,
    labels: LABELS = None,
    exclude: EXCLUDE = None,
    validation_boxes: Annotated[str | None, typer.Option(help="csv of the boxes that choose the best epoch")] = None,
    validation_exclude: Annotated[str | None, typer.Option(help="key frames to leave out of these")] = None,
    offset: OFFSET = 0.0,
    pictures_fps: FPS = 30.0,
) -> None:
    """The options that are not the recipe's."""


@command
def train(**given: Any) -> None:
    """Train a detector of actions on annotated boxes. The same command again goes on where it stopped.

    Clips are dense, around the key frames, and their crops those of the published training unless told.

    Examples:

      kinema detect train ava_train_v2.2.csv --root frames/ --validation-boxes ava_val_v2.2.csv
      --model slowfast_r50_8x8 --start pytorchvideo/slowfast-r50-8x8-kinetics400 --option dilated=true
      --frames 32 --stride 2 --size 224 --out runs/ava

      kinema detect train boxes.csv --labels labels.txt --model tam-resnet18 --start runs/first --out runs/people
    """
    from kinema.detection.annotations import Annotations
    from kinema.detection.recipe import with_usual
    from kinema.detection.train import train_detector

    machine = machine_of(given)
    lists = Annotations(given.pop("labels"), given.pop("exclude"), given.pop("validation_boxes"),
                        given.pop("validation_exclude"), given.pop("offset"), given.pop("pictures_fps"))
    base, restart, given["data"] = given.pop("recipe"), given.pop("restart"), given.pop("boxes")
    try:
        wanted = recipe_of(base, with_usual(given) if base is None else given)
    except KinemaError as error:
        fail(str(error), code=2)
    made = train_detector(wanted, lists, machine, restart)
    say(f"Trained a detector over {made.recipe.model}: {made.path}")
    say(f"Next: kinema detect run {quote(str(made.path))} VIDEO --boxes moving")


def train_parameters() -> list[inspect.Parameter]:
    """The command's own options, and one for each field of a recipe that a detector's training honours."""
    from kinema.detection.recipe import HONOURED, VARIED

    known = HONOURED | {f"augment_{name}" for name in VARIED}
    own = list(inspect.signature(train_options).parameters.values())
    return [*own, *machine_options(), *(one for one in parameters() if one.name in known - {"sampling"})]


train.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in train_parameters()]
)
train.__annotations__ = {parameter.name: parameter.annotation for parameter in train_parameters()}
