"""`kinema data`: the doctor, made-up sets, and lists of other forms."""

from shlex import quote
from typing import Annotated

import typer

from kinema.cli.output import command, print_json, say, spare
from kinema.errors import counted

app = typer.Typer(
    no_args_is_help=True, help="Look after clips: check them, make some up, turn official lists into tables."
)


@app.command("check")
@command
def check(
    data: Annotated[str, typer.Argument(help="folder with a class per sub-folder, csv or official list")],
    format: Annotated[str | None, typer.Option(help="format of an official list; recognised where not given")] = None,
    root: Annotated[str | None, typer.Option(help="folder that the list's paths are relative to")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="processes that decode \\[default: one a core]")] = None,
    min_frames: Annotated[int, typer.Option(min=1, help="fewer frames than this is too short")] = 8,
    clean: Annotated[str | None, typer.Option(help="write a list of the clips without problems to this csv")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """The data doctor: decode every clip, say what is wrong with which. Nothing is deleted; ends with 1 if anything is.

    Examples:

      kinema data check clips/

      kinema data check list.csv --clean clean.csv --json
    """
    import os

    from kinema import read_table
    from kinema.data.doctor import check as examine
    from kinema.progress import Progress

    spare(clean, data)
    table = read_table(data, format=format, root=root)
    with Progress("checking", len({row.path for row in table.rows})) as bar:
        report = examine(
            table, workers or os.cpu_count() or 1, min_frames, progress=lambda done, _: bar.advance(done - bar.done)
        )
    if as_json:
        print_json(report.to_dict())
    else:
        say(report.to_text())
    if clean is not None:
        report.write_clean(clean)
        if not as_json:
            say(f"Wrote {counted(len(report.clean()), 'clip')} without problems: {clean}")
    if report.problems:
        raise typer.Exit(1)


@app.command("make")
@command
def make(
    kind: Annotated[str, typer.Argument(help="motion, change, scene or figures")],
    out: Annotated[str, typer.Argument(help="a folder that is new or empty")],
    clips: Annotated[int | None, typer.Option(min=1, help="clips in all")] = None,
    frames: Annotated[int | None, typer.Option(min=4, help="frames of a clip")] = None,
    size: Annotated[str | None, typer.Option(help="side in pixels, or HEIGHTxWIDTH")] = None,
    fps: Annotated[float | None, typer.Option(help="frames a second")] = None,
    difficulty: Annotated[
        float | None, typer.Option(min=0, max=1, help="noise, clutter and camera shake, 0 to 1")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="the seed of every random draw")] = None,
    test_fraction: Annotated[
        float | None, typer.Option(min=0, max=1, help="share of the sources on the test side")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="processes that draw \\[default: one a processor]")] = None,
) -> None:
    """Make up a data set of real video files, with the truth (class, times, masks, boxes) beside them.

    Examples:

      kinema data make motion data/motion

      kinema data make figures data/figures --clips 500 --size 112 --difficulty 0.5 --seed 1
    """
    from kinema.data.synthetic import make as make_set
    from kinema.data.synthetic import synthetic_spec
    from kinema.models.clip import height_width, parse_size
    from kinema.progress import Progress

    height, width = (None, None) if size is None else height_width(parse_size(size))
    spec = synthetic_spec(
        kind,
        clips=clips,
        frames=frames,
        height=height,
        width=width,
        fps=fps,
        difficulty=difficulty,
        seed=seed,
        test_fraction=test_fraction,
    )
    with Progress(f"making {kind}", spec.clips) as bar:
        made = make_set(spec, out, workers=workers, progress=lambda done, total: bar.advance(done - bar.done))
    say(f"Made {counted(spec.clips, 'clip')}: {made}")
    say(f"Next: kinema train {quote(str(made))}")


@app.command("convert")
@command
def convert(
    data: Annotated[str, typer.Argument(help="folder, csv or official list")],
    out: Annotated[str, typer.Argument(help="the csv to write: path, label, start, end, split, source")],
    format: Annotated[str | None, typer.Option(help="format of an official list; recognised where not given")] = None,
    root: Annotated[str | None, typer.Option(help="folder that the list's paths are relative to")] = None,
    mini: Annotated[
        str | None, typer.Option(help="keep the classes of a published mini version: mini-ssv2, mini-kinetics")
    ] = None,
) -> None:
    """Turn a folder or an official list into a csv of clips.

    Examples:

      kinema data convert kinetics-400_val.csv val.csv --root videos/

      kinema data convert something-something-v2-validation.json mini.csv --mini mini-ssv2
    """
    from kinema import read_table
    from kinema.data.minis import mini as keep_mini

    spare(out, data)
    table = read_table(data, format=format, root=root)
    if mini is not None:
        table = keep_mini(table, mini)
    table.save(out)
    for note in table.notes:
        say(f"note: {note}")
    say(f"Wrote {counted(len(table), 'clip')} of {counted(len(table.labels), 'class')}: {out}")


@app.command("shard")
@command
def shard(
    data: Annotated[str, typer.Argument(help="folder with a class per sub-folder, csv or official list")],
    out: Annotated[str, typer.Argument(help="the folder of the shards")],
    size: Annotated[float, typer.Option(min=0.001, help="gigabytes of a shard, about")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="the seed of the order in which videos are mixed")] = 0,
    format: Annotated[str | None, typer.Option(help="format of an official list; recognised where not given")] = None,
    root: Annotated[str | None, typer.Option(help="folder that the list's paths are relative to")] = None,
) -> None:
    """Write labelled videos into few large tar files (WebDataset shards), as they are, each with what the list tells.

    The folder of shards, one of them or 'shards-{000000..000007}.tar' then goes wherever a folder of clips goes; other
    programs read it as WebDataset. A second run goes on where a first one stopped.

    Examples:

      kinema data shard clips/ shards/

      kinema data shard kinetics-400_train.csv shards/ --root videos/ --size 3

      kinema train shards/
    """
    from kinema import read_table
    from kinema.data.shards.write import pack
    from kinema.progress import Progress

    table = read_table(data, format=format, root=root)
    with Progress("writing", len({row.path for row in table.rows})) as bar:
        count = pack(table, out, int(size * 2**30), seed, bar.advance)
    say(f"Wrote {counted(len(table), 'clip')} of {counted(len(table.labels), 'class')} into "
        f"{counted(count, 'shard')}: {out}")
    say(f"Next: kinema train {quote(out)}")


@app.command("labels")
@command
def labels(
    captions: Annotated[str, typer.Argument(help="csv with the columns video (or path) and caption")],
    words: Annotated[
        str, typer.Option("--words", "-w", help="text file: a label a line, after a colon other phrases for it")
    ],
    out: Annotated[str, typer.Option("--out", "-o", help="the list to write: path and labels")] = "labels.csv",
    least: Annotated[int, typer.Option(min=1, help="leave out labels that fewer videos have")] = 1,
    root: Annotated[str | None, typer.Option(help="folder that the videos' paths are relative to")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Mine labels from captions by seed words, for training on many videos that nobody has labelled.

    A label is found where all of its words stand in a row in the caption, whole, as they are or in -s, -es or -ing, or
    joined as in a hashtag (#sittingdown); articles do not count. A video may have several labels.

    Examples:

      kinema data labels captions.csv --words actions.txt --least 50 --out weak.csv

      kinema train weak.csv --loss softmax --out runs/weak
    """
    from kinema.data.captions import mine, read_seeds
    from kinema.data.clips import check_root

    spare(out, captions, words)
    check_root(root)
    mined = mine(captions, read_seeds(words), least, root)
    mined.table.save(out)
    if as_json:
        print_json({**mined.to_dict(), "list": out})
    else:
        say(mined.to_text())
        say(f"Wrote {counted(len(mined.table), 'video')} with {counted(len(mined.table.labels), 'label')}: {out}")
