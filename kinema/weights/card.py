"""The model card of a network on the Hugging Face Hub: what it tells apart, of what it was made, how good it is."""

import json
from pathlib import Path
from typing import Any

from kinema.models import ClipSpec, Network
from kinema.runs import Run
from kinema.weights.catalogue import all_checkpoints

SHOWN = 200  # labels that are listed; a longer list is cut off


def card(network: Network, repository: str, run: Run | None = None, licence: str | None = None) -> str:
    """The README.md of a repository, in markdown with the Hub's own heading.

    run: what the network is of; its data, how it was trained and what `kinema evaluate` measured are told. licence: of
    the weights, by the Hub's short name. That of the official checkpoint they started from is named too.
    """
    head = "\n".join(["---", "library_name: kinema", "pipeline_tag: video-classification",
                      *([f"license: {licence}"] if licence else []),
                      "tags: [kinema, video-classification, action-recognition]", "---"])
    parts = [head, f"# {repository.rpartition('/')[2]}", summary(network), f"""```sh
pip install 'kinema[hub]'
```

```python
import kinema

network = kinema.from_pretrained("{repository}")
kinema.Recognizer(network)("match.mp4").top
```""", "## What it sees", seen(network.clip), "## What it tells apart", labels(network)]
    if run is not None:
        parts += ["## What it was trained on", trained(run), "## How good it is", measured(run)]
    return "\n\n".join([*parts, "## Licence", licensed(run, licence)]) + "\n"


def summary(network: Network) -> str:
    """One sentence."""
    millions = sum(each.numel() for each in network.parameters()) / 1e6
    return (f"A video action recognition network, `{network.name}` of [kinema](https://github.com/kinema/kinema): "
            f"{network.classes} classes, {millions:.1f} million parameters.")


def seen(clip: ClipSpec) -> str:
    """The clip that it is fed, which goes with the weights."""
    how = "one from each equal part of a video" if clip.sampling == "uniform" else f"{clip.stride} apart"
    rate = f", counted at {clip.fps:g} a second" if clip.fps else ""
    return (f"{clip.frames} frames ({how}{rate}) of {clip.height} x {clip.width} pixels, {clip.input}. All of it is in "
            "`config.json`, and `kinema.Recognizer` does it.")


def labels(network: Network) -> str:
    """The names of its classes."""
    named = ", ".join(f"`{name}`" for name in network.labels[:SHOWN])
    more = f" and {len(network.labels) - SHOWN} more" if len(network.labels) > SHOWN else ""
    return f"{named}{more}." if named else f"{network.classes} classes without names."


def trained(run: Run) -> str:
    """Data, and how; of paths their last part alone, since the rest is nobody's business."""
    recipe, start = run.recipe, run.recipe.start
    if run.adopted:
        return f"Its weights are those of `{public(run.adopted)}`, which were trained elsewhere."
    before = f" It started from `{public(start)}`." if start else ""
    return (f"`{Path(recipe.data).name}`: {recipe.epochs} epochs of batches of {recipe.batch}, {recipe.optimizer} at "
            f"{recipe.lr:g}, seed {recipe.seed}.{before}")


def public(source: str) -> str:
    """What weights are called: the id of a checkpoint, or the last part of a path."""
    return source if source in all_checkpoints() else Path(source).name


def measured(run: Run) -> str:
    """The accuracies that stand in the run's folder, with their intervals."""
    files = sorted((run.path / "evaluation").glob("*.json"))
    rows = [line(json.loads(path.read_text(encoding="utf-8"))) for path in files]
    if not rows:
        return "Not measured."
    head = ["| clips | how many, of how many sources | views | | 95 % interval |", "|---|--:|--:|--:|---|"]
    return "\n".join([*head, *rows])


def line(found: dict[str, Any]) -> str:
    """An evaluation as a row of the table."""
    name = "mean_ap" if found.get("mean_ap") is not None else "top1"
    interval = found["intervals"].get(name)
    between = f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %" if interval else ""
    data = Path(found["data"].partition(" (")[0]).name
    return (f"| {data}, {found['name']} | {found['n']}, {found['sources']} | {found['views']} | "
            f"{'mAP' if name == 'mean_ap' else 'top-1'} {100 * found[name]:.1f} % | {between} |")


def licensed(run: Run | None, licence: str | None) -> str:
    """Whose rights touch the weights, as far as is known."""
    start = all_checkpoints().get(run.adopted or str(run.recipe.start)) if run is not None else None
    how = "are those of" if run and run.adopted else "started from"
    of_start = (f" They {how} `{start.id}`, whose licence is {start.licence}"
                f"{' (no commercial use)' * start.non_commercial}." if start else "")
    return (f"The weights: {licence}." if licence else "No licence was told for these weights.") + of_start
