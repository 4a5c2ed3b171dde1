"""The folder of a pre-training on unlabelled footage: what is in it, and making it.

pretraining.json  version, network, how patches are masked, what was asked for; written first
recipe.yaml       the recipe
clips.csv         the clips
last.pt           all that a resumed pre-training needs
model.safetensors the network, for `kinema train --start`
log.csv, epochs.csv, problems.jsonl, tensorboard   its course, and clips that could not be read
"""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import kinema
from kinema.data.clips import ClipTable, check_root, read_table
from kinema.data.footage import read_footage
from kinema.errors import RunError
from kinema.files import write_atomic, write_json
from kinema.models import Network
from kinema.models.transformer.masked import places_of
from kinema.recipe import Recipe, read_recipe, write_recipe
from kinema.runs import build_network
from kinema.training.alone import check_apart
from kinema.training.masking import Masking, check_used
from kinema.training.prepare import check_same, share_batch
from kinema.training.start import completed, start_from
from kinema.weights.save import FILE

VERSION = 1
FACTS = "pretraining.json"
OURS = (FILE, "recipe.yaml", "clips.csv", "last.pt", "log.csv", "epochs.csv", "problems.jsonl", "tensorboard", FACTS)
LABELS = ("unlabelled",)  # the network's one class, which training replaces


@dataclass(frozen=True)
class Pretraining:
    """A pre-training's folder, read. `facts` is pretraining.json."""

    path: Path
    facts: dict[str, Any]
    recipe: Recipe
    masking: Masking

    @classmethod
    def open(cls, path: str | Path) -> "Pretraining":
        """Read a pre-training's folder; a `RunError` says in words why a folder is none."""
        path = Path(path)
        try:
            facts = json.loads((path / FACTS).read_text(encoding="utf-8"))
            if facts["version"] != VERSION:
                raise RunError(f"{path} is a pre-training of version {facts['version']}; this kinema reads {VERSION}.")
            return cls(path, facts, read_recipe(path / "recipe.yaml"), Masking(**facts["masking"]))
        except FileNotFoundError as error:
            raise RunError(f"{path} is no pre-training: it has no {FACTS}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path / FACTS} is damaged: {error}.") from error

    def table(self) -> ClipTable:
        """The clips."""
        return read_table(self.path / "clips.csv", labels=(), root=Path(self.facts["root"]))

    def network(self) -> Network:
        """The network with untrained weights."""
        return build_network(self.recipe, LABELS)


def prepare(recipe: Recipe, masking: Masking, restart: bool = False, processes: int = 1) -> Pretraining:
    """Make the pre-training's folder, or find it there; another recipe or masking in it is an error that says so."""
    path = Path(recipe.out)
    check_used(recipe)
    if (path / "recipe.yaml").is_file() and (path / FACTS).is_file() and not restart:
        found = Pretraining.open(path)
        check_same(recipe, Recipe.from_dict(found.facts["asked"], str(path / FACTS)), path)
        if masking != found.masking:
            raise RunError(f"{path} was pre-trained with {found.masking}, not {masking}. Give the same options to go "
                           "on with it, another --out, or --restart to train anew.")
        return found
    own = path.is_dir() and ((path / FACTS).is_file() or all(child.name.startswith(".") for child in path.iterdir()))
    if path.exists() and not own:
        raise RunError(f"{path} is there already and is no pre-training; choose another folder with --out.")
    check_apart("start", recipe.start, path)
    check_root(recipe.root)
    table, asked = read_footage(recipe.data, recipe.format, recipe.root), recipe.to_dict()
    recipe, notes = completed(recipe)
    network = build_network(recipe, LABELS)
    places_of(network)
    if recipe.start:
        notes += start_from(network, recipe)
    share_batch(recipe, len(table), processes)
    clear(path)
    facts = {"version": VERSION, "kinema": kinema.__version__, "model": recipe.model, "masking": asdict(masking),
             "asked": asked, "notes": [*table.notes, *notes], "root": str(Path(table.root).absolute()),
             "clips": len(table)}
    write_json(path / FACTS, facts)  # first: whose folder it is; the recipe, which is last, makes it whole
    write_atomic(path / "clips.csv", lambda out: table.to_csv(out))
    write_atomic(path / "recipe.yaml", lambda out: write_recipe(recipe, out))
    return Pretraining.open(path)


def clear(path: Path) -> None:
    """Delete what a pre-training wrote, and nothing else."""
    for name in OURS:
        shutil.rmtree(path / name) if (path / name).is_dir() else (path / name).unlink(missing_ok=True)
