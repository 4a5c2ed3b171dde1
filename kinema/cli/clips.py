"""`kinema clips`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kinema.cli.output import command, print_json, say
from kinema.cli.timeline import DEVICE, JSON, METHOD, PRECISION, RECALL, RUN, THRESHOLD, stems_of
from kinema.errors import VideoError


@command
def clips(
    run: RUN,
    videos: Annotated[list[str], typer.Argument(help="video files")],
    label: Annotated[list[str] | None, typer.Option(help="only this label; give it again for more")] = None,
    out: Annotated[str, typer.Option("--out", "-o", help="folder")] = "clips",
    most: Annotated[int | None, typer.Option(min=1, help="only so many of each video, the surest")] = None,
    slack: Annotated[
        float, typer.Option(min=0, help="seconds a clip may begin early so that nothing is encoded anew")
    ] = 1.0,
    pad: Annotated[float, typer.Option(min=0, help="seconds added before and after")] = 0.0,
    method: METHOD = None,
    precision: PRECISION = None,
    recall: RECALL = None,
    threshold: THRESHOLD = None,
    device: DEVICE = None,
    as_json: JSON = False,
) -> None:
    """Cut what happens out of long videos, each segment a clip with its sound.

    Packets are copied where a key frame is near enough before the segment; else it is encoded anew, and told.

    Examples:

      kinema clips runs/first match.mp4 --label "three-point shot"

      kinema clips runs/first match.mp4 --label goal --most 10 --pad 2 --out highlights

      kinema clips runs/first match.mp4 --slack 0
    """
    from dataclasses import asdict

    from kinema.data.labels import find_label, label_numbers
    from kinema.timeline.cutting import cut
    from kinema.timeline.localizer import Localizer

    stems_of(videos)  # clips are called by them
    localizer = Localizer(run, device, method, precision, recall, threshold)
    numbers = label_numbers(localizer.labels)
    wanted = {localizer.labels[find_label(name, numbers, localizer.labels, run)] for name in label or localizer.labels}
    facts: list[dict[str, Any]] = []
    for path in videos:
        try:
            found = [each for each in localizer(path).segments if each.label in wanted]
            best = sorted(found, key=lambda each: -each.score)[:most]
            made = cut(path, [each for each in found if each in best], Path(out), slack, pad)
        except VideoError as error:
            facts.append({"video": path, "error": str(error)})
            lines = [f"{path}\tunreadable: {error}"]
        else:
            facts.append({"video": path, "clips": [{**asdict(each), "path": str(each.path)} for each in made]})
            lines = [f"{each.path}\t{each.segment.label} {each.segment.score:.1%}\t{each.start_seconds:.2f} to "
                     f"{each.end_seconds:.2f} s\t{'copied' if each.copied else f'encoded anew: {each.reason}'}"
                     for each in made] or [f"{path}\tnothing found"]
        if not as_json:
            say("\n".join(lines))
    if as_json:
        print_json(facts)
    if any("error" in each for each in facts):
        raise typer.Exit(1)
