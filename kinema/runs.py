"""A run is a folder: what is in it, and reading it.

run.json         version, network, labels, clip, how long a training clip lasts; written first
recipe.yaml      the recipe
clips.csv        the clips with the side (train, val, test) each was on; none of these but run.json, recipe.yaml and
                 best.safetensors where the weights were trained elsewhere
last.pt          all that a resumed training needs
best.safetensors, last.safetensors    weights for use
log.csv, epochs.csv, problems.jsonl   the course of the training, and clips that could not be read
evaluation/, report.html              what `kinema evaluate` wrote
"""

import json
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from kinema.errors import RunError
from kinema.models.clip import ClipSpec
from kinema.recipe import Recipe, read_recipe

if TYPE_CHECKING:
    from kinema.data.splits import Split
    from kinema.models import Network

VERSION = 1
WEIGHTS = ("best", "last")


@dataclass(frozen=True)
class Run:
    """A run's folder, read. `facts` is run.json."""

    path: Path
    facts: dict[str, Any]
    recipe: Recipe

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """Read a run's folder; a `RunError` says in words why a folder is none."""
        path = Path(path)
        facts_path = path / "run.json"
        if not facts_path.is_file():
            if not path.exists():
                _refuse_name(str(path))
            what = "does not exist" if not path.exists() else "has no run.json"
            raise RunError(f"{path} is no run: it {what}. `kinema train DATA --out {quote(str(path))}` makes one."
                           f"{_others(path)}")
        try:
            facts = json.loads(facts_path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise RunError(f"{facts_path} is damaged: {error}.") from error
        if not isinstance(facts, dict):
            raise RunError(f"{facts_path} is damaged: it holds no facts by name.")
        version = facts.get("version")
        if version != VERSION:
            raise RunError(
                f"{path} is a run of version {version}; this kinema reads version {VERSION}. "
                f"Use the kinema that wrote it ({facts.get('kinema', 'unknown')}), or train anew."
            )
        missing = [name for name in ("model", "labels", "clip", "root", "clip_seconds") if name not in facts]
        if missing:
            raise RunError(f"{facts_path} is damaged: it does not say the run's {', '.join(missing)}.")
        return cls(path, facts, read_recipe(path / "recipe.yaml"))

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the logits."""
        return tuple(self.facts["labels"])

    @property
    def clip(self) -> ClipSpec:
        """The clip the network expects."""
        return ClipSpec.from_dict(self.facts["clip"])

    @property
    def adopted(self) -> str:
        """Whose weights it has, where they were trained elsewhere (`kinema weights adopt`), else empty."""
        return str(self.facts.get("adopted", ""))

    @property
    def clipless(self) -> str:
        """Why it has no clips of its own, in words without a full stop, where it is adopted; else empty."""
        return f"{self.path} has no clips of its own: its weights ({self.adopted}) were trained elsewhere" * bool(
            self.adopted)

    @property
    def clip_seconds(self) -> float:
        """How long a training clip lasted, as a median."""
        return float(self.facts["clip_seconds"])

    def network(self) -> "Network":
        """The run's network with untrained weights."""
        return build_network(self.recipe, self.labels)

    def model(self, which: str = "best") -> "Network":
        """The trained network in evaluation mode; which: "best" or "last"."""
        from kinema.weights import load_weights

        if which not in WEIGHTS:
            raise RunError(f"A run has no {which!r} weights; it has {' and '.join(WEIGHTS)}.")
        weights = self.path / f"{which}.safetensors"
        if not weights.is_file() and self.adopted and which != "best":
            raise RunError(f"{self.path} has no {which} weights, but best ones alone: they were trained elsewhere.")
        if not weights.is_file():
            raise RunError(f"{self.path} has no {which} weights yet: its training has not come to a first checkpoint.")
        return load_weights(self.network(), weights).eval()

    def split(self) -> "Split":
        """The sides of the data as they were in training; all empty where it was trained elsewhere."""
        from kinema.data.clips import ClipTable, read_table
        from kinema.data.splits import Split

        if self.adopted:
            return Split(*[ClipTable((), self.labels, self.path, bool(self.facts.get("multi_label")))] * 3)
        table = read_table(self.path / "clips.csv", labels=self.labels, root=Path(self.facts["root"]))
        return Split(
            *(
                table.subset(index for index, row in enumerate(table.rows) if row.split == side)
                for side in ("train", "val", "test")
            )
        )


def build_network(recipe: Recipe, labels: tuple[str, ...]) -> "Network":
    """The network that a recipe names, for these classes."""
    from kinema.models import create_model

    return create_model(
        recipe.model,
        labels,
        frames=recipe.frames,
        where=recipe.where,
        causal=recipe.causal,
        pool=recipe.pool,
        clip=recipe.clip,
        dropout=recipe.dropout,
        drop_path=recipe.drop_path,
        **recipe.options,
    )


def trained_network(source: str) -> "Network":
    """The network of a run's best weights, a pre-training's, a file's, or a checkpoint's id, in evaluation mode."""
    from kinema.weights.pretrained import file_of, is_checkpoint, open_network

    if is_checkpoint(source):
        return open_network(source).eval()
    if Path(source).is_dir() and (file := file_of(source)).is_file():
        return open_network(str(file)).eval()
    return Run.open(source).model()


def _refuse_name(name: str) -> None:
    """RunError where this is a network's name: it has no weights."""
    from kinema.models import list_models

    if name in list_models():
        raise RunError(f"{name} is the name of a network, which has no weights by itself. Expected a run, a file of "
                       f"weights or a checkpoint's id. Nearest: one of `kinema weights list \"{name}\"`, or "
                       f"`kinema train DATA --model {name}`.")


def _others(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    runs = sorted(str(found.parent) for found in folder.glob("*/run.json")) if folder.is_dir() else []
    return f" Runs there: {', '.join(runs[:5])}." if runs else ""
