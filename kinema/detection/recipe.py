"""What of a recipe the training of a detector honours."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from kinema.data.transforms import Augment
from kinema.errors import DataError, RunError
from kinema.recipe import Recipe

HONOURED = frozenset({
    "data", "model", "out", "root", "seed", "frames", "size", "sampling", "stride", "fps", "input", "mean", "std",
    "order", "augment", "where", "causal", "pool", "dropout", "drop_path", "options", "start", "inflation", "frozen",
    "epochs", "batch", "accumulate", "optimizer", "lr", "layer_decay", "head_lr", "weight_decay", "decay", "momentum",
    "nesterov", "schedule", "milestones", "warmup", "clip_gradient", "label_smoothing", "precision",
})
VARIED = frozenset({"crop", "scale", "ratio", "flip", "brightness", "contrast", "saturation"})  # of its augmentation
CROP, SCALE = "jitter", (0.7, 0.875)  # 224 pixels of a short side of 256 to 320, as published for AVA


def with_usual(given: dict[str, Any]) -> dict[str, Any]:
    """Options of a recipe, None where not given, with what is usual for a detector."""
    if not given.get("augment_crop"):
        given = {**given, "augment_crop": CROP, "augment_scale": given.get("augment_scale") or SCALE}
    return {**given, "sampling": "dense"}


def check_recipe(recipe: Recipe) -> None:
    """Raise RunError where a recipe asks for something that a detector's training does not do."""
    asked = recipe.beyond(HONOURED)
    asked += [field.name for field in fields(Augment)
              if field.name not in VARIED and getattr(recipe.augment, field.name) != getattr(Augment(), field.name)]
    if asked:
        raise RunError(f"The training of a detector has no {asked[0].replace('_', ' ')}; leave it out.")
    if recipe.sampling != "dense":
        raise RunError(f"A detector's clips stand around key frames: the sampling is 'dense', not {recipe.sampling!r}.")
    if "flow" in recipe.input:
        raise RunError(f"A detector is not trained on {recipe.input}.")
    if not Path(recipe.data).is_file():
        raise DataError(f"There is no file {recipe.data}; expected a csv of boxes: video, timestamp, x1, y1, x2, y2, "
                        "action, person.")
