"""A recipe: one frozen value that defines a training run."""

from collections.abc import Container
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from kinema.data.transforms import Augment
from kinema.errors import RunError, nearest
from kinema.models.clip import ClipSpec, height_width
from kinema.values import augment_of, typed

OPTIMIZERS = ("adamw", "sgd")
SCHEDULES = ("cosine", "steps", "constant")
MULTIGRIDS = ("off", "long", "short", "both")
INFLATIONS = ("mean", "centre", "repeat")
SEEN = ("mean", "std", "order", "flow", "flow_bound", "flow_unit", "flow_centred")  # of a clip, which weights may show
OF_NETWORK = ("where", "causal", "pool", "dropout", "drop_path")  # fields that are options of the network
DECAYS = ("kernels", "all")
BALANCES = ("none", "weights", "sampling")
LOSSES = ("softmax", "sigmoid")
PRECISIONS = ("32", "bf16-mixed", "64-true")  # float16 would need a loss scale, whose state no checkpoint holds


@dataclass(frozen=True)
class Recipe:
    """Everything that decides which weights a training run ends with.

    data: a folder with a class per sub-folder, a csv or an official list, whose `format` is else recognised and whose
    paths are relative to `root`, else to the list's folder. out: the run's folder.
    split: "fold=0" (that fold is the test side), "split=val", or None: the data's own split, else one clip in five,
    source-wise. validation: the part of the training side, source-wise, that chooses the best epoch and calibrates.
    frames, size, sampling, stride, fps, neighbours, input: the clip (see `ClipSpec`).
    resize: the shorter side in pixels that a picture is resized to before its centre is judged; None: the clip is 7/8.
    mean, std, order: of its colours; where None, those of the weights it starts from, or ImageNet's.
    flow, flow_bound, flow_unit, flow_centred: of its optical flow; where None, likewise, or as `ClipSpec` has them.
    options: the network's own.
    start: a run, a file or an official checkpoint's id, of the same network: the weights it starts from (but a
        classifier of other classes). Or a file of its image network, in torchvision's or timm's layout, whose kernels
        are inflated: by "mean", "centre" or "repeat" (`inflation`).
    frozen: the stem and so many stages (a transformer's blocks) keep their weights and statistics; -1: all but the
        classifier. layer_decay: each stage learns at this times the rate of the one after it; head_lr: the classifier
        at this times the rate.
    distil: a run, a file or a checkpoint's id: the network whose answers to the same clips are learnt from, with
        `distil_weight` of the loss, softened by `temperature` (Hinton et al., arXiv:1503.02531).
    batch: clips per optimiser step, over all processes and `accumulate` forward passes. lr: the peak learning rate.
    decay: what weight decay holds for: "kernels" (and matrices) or "all". nesterov: sgd's momentum looks ahead.
    warmup: epochs of linear warm-up. milestones: parts of the training after which "steps" divides lr by 10.
    multigrid: smaller clips in larger batches in all stages between milestones but the last: a "long" cycle in each
        stage, a "short" one from step to step, "both", or "off" (`kinema.training.multigrid`). What the log then calls
        an epoch is as many steps as one takes without; `epochs` still counts how often each clip is seen.
    loss: "sigmoid" learns each class by itself, by "softmax" they compete: each of a clip's k labels is a target of 1/k
        (for pre-training on weak labels; scores stay a sigmoid's). None: sigmoid where clips may have several labels.
    ema: decay per step of the averaged weights that are kept as the result; 0 is off.
    mixup, cutmix: the Beta distribution's parameter of each, 0 is off (Zhang et al., 2018; Yun et al., 2019); with
        both, each forward pass draws one of them. balance: against class imbalance.
    drop_path: chance with which the last block's branch is left out, per clip; it falls to 0 at the first.
    repeats: views of each clip in a batch, drawn and augmented apart (Hoffer et al., 2020); they count as clips of the
        batch, and an epoch shows each clip so many times.
    precise_norm: training clips over which batch norm's statistics are computed anew at an epoch's end, before weights
        are judged and kept (Wu and Johnson, 2021); 0 keeps the running averages.
    """

    data: str
    model: str = "tam-resnet18"
    out: str = "runs/first"
    format: str | None = None
    root: str | None = None
    split: str | None = None
    validation: float = 0.1
    seed: int = 0

    frames: int = 8
    size: int | tuple[int, int] = 112
    sampling: str = "uniform"
    stride: int = 1
    fps: float | None = None
    neighbours: int = 1
    input: str = "rgb"
    resize: int | tuple[int, int] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    order: str | None = None
    flow: str | None = None
    flow_bound: float | None = None
    flow_unit: tuple[float, ...] | None = None
    flow_centred: bool | None = None
    augment: Augment = field(default_factory=Augment)

    where: str = "all"
    causal: bool = False
    pool: str = "max"
    dropout: float = 0.5
    drop_path: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)
    start: str | None = None
    inflation: str = "mean"
    frozen: int = 0
    layer_decay: float = 1.0
    head_lr: float = 1.0
    distil: str | None = None
    distil_weight: float = 0.5
    temperature: float = 2.0

    epochs: int = 30
    batch: int = 16
    accumulate: int = 1
    optimizer: str = "adamw"
    lr: float = 1e-3
    weight_decay: float = 0.05
    decay: str = "kernels"
    momentum: float = 0.9
    nesterov: bool = True
    schedule: str = "cosine"
    milestones: tuple[float, ...] = (0.5, 0.75)
    multigrid: str = "off"
    warmup: float = 1.0
    clip_gradient: float | None = None
    loss: str | None = None
    label_smoothing: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    repeats: int = 1
    precise_norm: int = 0
    ema: float = 0.0
    balance: str = "none"
    precision: str = "32"

    def __post_init__(self) -> None:
        choices = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES, "balance": BALANCES, "precision": PRECISIONS,
                   "inflation": INFLATIONS, "multigrid": MULTIGRIDS, "decay": DECAYS, "loss": LOSSES}
        for name, known in choices.items():
            came = getattr(self, name)
            if came not in known and not (name == "loss" and came is None):
                raise RunError(f"The recipe's {name} is {came!r}; known are {', '.join(known)}.{nearest(came, known)}")
        for name in ("epochs", "batch", "accumulate", "frames", "repeats"):
            if getattr(self, name) < 1:
                raise RunError(f"The recipe's {name} is {getattr(self, name)}; it must be 1 or more.")
        for name in ("validation", "dropout", "drop_path", "ema", "label_smoothing", "momentum"):
            if not 0 <= getattr(self, name) < 1:
                raise RunError(f"The recipe's {name} is {getattr(self, name)}; it must be from 0 to below 1.")
        for name in ("layer_decay", "distil_weight"):
            if not 0 < getattr(self, name) <= 1:
                raise RunError(f"The recipe's {name} is {getattr(self, name)}; it must be above 0 and at most 1.")
        for name in ("lr", "fps", "clip_gradient", "head_lr", "temperature"):
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise RunError(f"The recipe's {name} is {getattr(self, name)}; it must be above 0.")
        for name in ("warmup", "mixup", "cutmix", "precise_norm", "weight_decay", "seed"):
            if getattr(self, name) < 0:
                raise RunError(f"The recipe's {name} is {getattr(self, name)}; it must be 0 or more.")
        if late := [part for part in self.milestones if not 0 < part < 1]:
            raise RunError(f"The recipe's milestones are {', '.join(map(str, self.milestones))}; expected parts of the "
                           f"training, above 0 and below 1. Nearest: epoch {late[0]:g} of {self.epochs} is "
                           f"{late[0] / self.epochs:.4g}.")
        if self.multigrid != "off" and not self.milestones:
            raise RunError(f"multigrid {self.multigrid!r} changes clips up to the last milestone, and there is none.")
        if self.batch % self.accumulate:
            raise RunError(f"A batch of {self.batch} cannot be cut into {self.accumulate} equal parts (accumulate).")
        if self.batch % self.repeats:
            raise RunError(f"A batch of {self.batch} cannot hold {self.repeats} views of each of its clips (repeats).")
        if self.augment.randaugment and "flow" in self.input:
            raise RunError(f"RandAugment changes pictures, not the flow in {self.input!r}; train on rgb or difference "
                           "with it, or leave randaugment at 0.")
        if self.input.startswith("flow") and self.augment.colours:
            raise RunError(f"{' and '.join(self.augment.colours)} change colours, and there are none in "
                           f"{self.input!r}; leave them at 0.")

    @property
    def clip(self) -> ClipSpec:
        """The clip the network is trained on."""
        height, width = height_width(self.size)
        crop = self.augment.test_crop
        told = {name: value for name in SEEN if (value := getattr(self, name)) is not None}
        return ClipSpec(self.frames, height, width, self.sampling, self.stride, self.fps, self.input, crop=crop,
                        resize=self.resize, neighbours=self.neighbours, **told)

    def beyond(self, heeded: Container[str]) -> list[str]:
        """The fields that ask for something unusual and are not `heeded`, by name."""
        usual = type(self)(self.data)
        return [one.name for one in fields(self)
                if one.name not in heeded and getattr(self, one.name) != getattr(usual, one.name)]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for YAML; the inverse is `Recipe.from_dict`."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any], source: str = "the recipe") -> "Recipe":
        """Build a recipe from plain values; `source` names where they came from in errors."""
        known = {f.name for f in fields(cls)}
        unknown = [name for name in values if name not in known]
        if unknown:
            raise RunError(
                f"{source} has the unknown field {unknown[0]!r}.{nearest(unknown[0], known)} "
                f"Fields are {', '.join(sorted(known))}."
            )
        values = {name: typed(name, value, cls.__annotations__[name], source) for name, value in values.items()}
        if isinstance(values.get("augment"), dict):
            values["augment"] = augment_of(values["augment"], source)
        try:
            return cls(**values)
        except TypeError as error:
            raise RunError(f"{source} cannot be used: {error}.") from error


def read_recipe(path: str | Path, usual: dict[str, Any] | None = None, **changes: Any) -> Recipe:
    """Read a recipe from a YAML file; `changes` go before what the file says, `usual` values behind."""
    return filled(Recipe.from_dict({"data": "", **(usual or {}), **read_values(path), **changes}, f"The recipe {path}"))


def read_values(path: str | Path) -> dict[str, Any]:
    """The values of a recipe's YAML file, by name, as they stand there."""
    import yaml

    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"There is no recipe {path}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RunError(f"The recipe {path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise RunError(f"The recipe {path} holds no fields; expected lines such as 'model: tam-resnet18'.")
    return values


def filled(recipe: Recipe) -> Recipe:
    """A recipe whose `out`, `start` and `distil` name its own network for {model}, and its seed for {seed}.

    So that one file serves every network, and finds the run that another file trained before it.
    """
    paths = {name: getattr(recipe, name) for name in ("out", "start", "distil")}
    named = {name: path.replace("{model}", recipe.model).replace("{seed}", str(recipe.seed))
             for name, path in paths.items() if path}
    return replace(recipe, **named)


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe as YAML, one field a line."""
    import yaml

    path.write_text(yaml.safe_dump(recipe.to_dict(), sort_keys=False, allow_unicode=True), encoding="utf-8")
