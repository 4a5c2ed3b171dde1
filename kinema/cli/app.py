"""The commands put together."""

import typer

import kinema
from kinema.cli import archive, data, detect, explain, models, study, weights
from kinema.cli.clips import clips
from kinema.cli.compare import compare, temporal
from kinema.cli.cover import cover
from kinema.cli.evaluate import evaluate
from kinema.cli.expand import expand
from kinema.cli.export import export
from kinema.cli.fuse import fuse
from kinema.cli.pretrain import pretrain
from kinema.cli.probe import probe
from kinema.cli.profile import profile
from kinema.cli.recognize import features, recognize
from kinema.cli.serve import serve
from kinema.cli.timeline import timeline
from kinema.cli.timeline_train import timeline_train
from kinema.cli.train import train
from kinema.cli.watch import watch

app = typer.Typer(
    name="kinema",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Video action recognition: train a network on a folder of clips, measure it honestly, run it on any video.",
)


def version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        print(f"kinema {kinema.__version__}")
        raise typer.Exit()


@app.callback()
def main(
    show: bool = typer.Option(False, "--version", callback=version, is_eager=True, help="Show the version."),
) -> None:
    """Video action recognition: train a network on a folder of clips, measure it honestly, run it on any video."""


app.command("train")(train)
app.command("expand")(expand)
app.command("pretrain")(pretrain)
app.command("evaluate")(evaluate)
app.command("compare")(compare)
app.command("temporal")(temporal)
app.command("probe")(probe)
app.command("fuse")(fuse)
app.command("recognize")(recognize)
app.command("features")(features)
app.command("timeline")(timeline)
app.command("timeline-train")(timeline_train)
app.command("clips")(clips)
app.command("cover")(cover)
app.command("watch")(watch)
app.command("export")(export)
app.command("serve")(serve)
app.command("models")(models.models)
app.command("profile")(profile)
app.add_typer(archive.app, name="archive")
app.add_typer(data.app, name="data")
app.add_typer(detect.app, name="detect")
app.add_typer(explain.app, name="explain")
app.add_typer(study.app, name="study")
app.add_typer(weights.app, name="weights")
