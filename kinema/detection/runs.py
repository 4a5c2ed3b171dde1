"""The folder of a trained detector.

detector.json    network, actions, clip, and the recipe and lists it was asked for; written first
recipe.yaml      the recipe
last.pt          all that a resumed training needs
best.safetensors, last.safetensors    weights of the network for use
log.csv, epochs.csv, problems.jsonl   the course of the training, and key frames that could not be read
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

import kinema
from kinema.detection.annotations import Annotations
from kinema.detection.detector import Detector, make_detector
from kinema.errors import RunError
from kinema.files import write_atomic, write_json
from kinema.models.clip import ClipSpec
from kinema.recipe import Recipe, read_recipe, write_recipe
from kinema.runs import WEIGHTS

VERSION = 1
FACTS, RECIPE = "detector.json", "recipe.yaml"
OURS = (RECIPE, "last.pt", "best.safetensors", "last.safetensors", "log.csv", "epochs.csv", "problems.jsonl",
        "tensorboard", FACTS)  # the facts last: a folder half deleted is still seen to be a detector's


@dataclass(frozen=True)
class DetectorRun:
    """A detector's folder, read. `facts` is detector.json."""

    path: Path
    facts: dict[str, Any]
    recipe: Recipe
    annotations: Annotations

    @classmethod
    def open(cls, path: str | Path) -> "DetectorRun":
        """Read a folder; RunError says in words why it is no detector's."""
        path = Path(path)
        file = path / FACTS
        if not file.is_file():
            what = "does not exist" if not path.exists() else f"has no {FACTS}"
            raise RunError(f"{path} is no detector: it {what}. `kinema detect train BOXES.csv --out "
                           f"{quote(str(path))}` makes one.")
        try:
            facts = json.loads(file.read_text(encoding="utf-8"))
            version, annotations = facts["version"], Annotations(**facts["annotations"])
            classes, clip = facts["classes"], facts["clip"]
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{file} is damaged ({type(error).__name__}: {error}).") from error
        if version != VERSION or not classes or not clip:
            raise RunError(f"{path} is a detector of version {version}; this kinema reads version {VERSION}.")
        return cls(path, facts, read_recipe(path / RECIPE), annotations)

    @property
    def classes(self) -> dict[int, str]:
        """The actions by number, in the order of the logits."""
        return {int(number): name for number, name in self.facts["classes"]}

    @property
    def clip(self) -> ClipSpec:
        """The clip the network expects."""
        return ClipSpec.from_dict(self.facts["clip"])

    def untrained(self) -> Detector:
        """The run's detector without its weights."""
        return build(self.recipe, self.classes)

    def detector(self, which: str = "best") -> Detector:
        """The trained detector in evaluation mode; which: "best" or "last"."""
        from kinema.weights import load_weights

        if which not in WEIGHTS:
            raise RunError(f"A detector has no {which!r} weights; it has {' and '.join(WEIGHTS)}.")
        weights = self.path / f"{which}.safetensors"
        if not weights.is_file():
            raise RunError(f"{self.path} has no {which} weights yet: its training has not come to a first checkpoint.")
        detector = self.untrained()
        load_weights(detector.network, weights)
        return detector.eval()


def build(recipe: Recipe, classes: dict[int, str]) -> Detector:
    """The detector that a recipe names, for these actions."""
    options = {**recipe.options, "where": recipe.where, "causal": recipe.causal, "pool": recipe.pool,
               "dropout": recipe.dropout, "drop_path": recipe.drop_path}
    return make_detector(recipe.model, tuple(classes.values()), recipe.clip, options)


def write_facts(
    recipe: Recipe, asked: Recipe, annotations: Annotations, classes: dict[int, str], notes: list[str], boxes: int
) -> None:
    """Make a detector's folder; what it held of another training is deleted."""
    path = Path(recipe.out)
    for name in OURS:
        shutil.rmtree(path / name) if (path / name).is_dir() else (path / name).unlink(missing_ok=True)
    path.mkdir(parents=True, exist_ok=True)
    write_json(path / FACTS, {
        "version": VERSION, "kinema": kinema.__version__, "model": recipe.model, "classes": list(classes.items()),
        "clip": recipe.clip.to_dict(), "annotations": annotations.to_dict(), "asked": asked.to_dict(), "notes": notes,
        "training_boxes": boxes,
    })
    write_atomic(path / RECIPE, lambda out: write_recipe(recipe, out))
