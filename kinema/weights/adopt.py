"""A network that was trained elsewhere, as a run's folder: every command that takes a run takes it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import kinema
from kinema.data.transforms import Augment
from kinema.errors import ModelError, RunError
from kinema.files import write_json
from kinema.inference.source import clip_seconds_of, several_labels
from kinema.inference.windows import window_seconds
from kinema.models import Network
from kinema.recipe import OF_NETWORK, SEEN, Recipe, write_recipe
from kinema.runs import VERSION, Run
from kinema.weights.save import description, save_network


def adopt(network: Network, out: str | Path, source: str, multi_label: bool | None = None) -> Run:
    """Write a run's folder for a trained network, whose `source` is told there, and read it.

    It has no clips of its own: what it is judged on, or learns thresholds from, is named each time (`--data`). Errors:
    `ModelError` where it is not known what the classes are called, `RunError` where something is at `out` already.
    """
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RunError(f"{out} is there already; choose another folder with --out.")
    if not network.labels:
        raise ModelError(f"{source} does not say what its {network.classes} classes are called; "
                         "name them (--labels FILE).")
    recipe = recipe_of(network, out)
    facts = {
        "version": VERSION, "kinema": kinema.__version__, "model": network.name, "labels": list(network.labels),
        "multi_label": several_labels(source, None) if multi_label is None else multi_label, "notes": [],
        "adopted": source, "clip": recipe.clip.to_dict(), "options": recipe.options, "root": str(out.absolute()),
        "clip_seconds": window_seconds(network.clip, clip_seconds_of(source, None)),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=".adopt") as folder:  # whole, or not at all
        made = Path(folder) / "run"
        made.mkdir()
        write_recipe(recipe, made / "recipe.yaml")
        save_network(network, made / "best.safetensors")
        write_json(made / "run.json", facts)
        made.rename(out)
    return Run.open(out)


def recipe_of(network: Network, out: Path) -> Recipe:
    """The recipe whose network is this one; of how it was trained it says nothing."""
    clip, told = network.clip, description(network)["options"]
    own = {key: told[key] for key in OF_NETWORK if key in told}
    options = {key: value for key, value in told.items() if key not in (*OF_NETWORK, "frames")}
    recipe = Recipe(
        "", network.name, str(out), frames=clip.frames, sampling=clip.sampling, stride=clip.stride, fps=clip.fps,
        size=clip.size, neighbours=clip.neighbours,
        input=clip.input, resize=clip.resize, augment=Augment(crop="stretch" if clip.crop == "stretch" else "resized"),
        options=options, **own, **{key: getattr(clip, key) for key in SEEN})
    if recipe.clip != clip:
        raise ModelError(f"No recipe has the clip of {network.name}: {clip}.")
    return recipe
