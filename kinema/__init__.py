"""Video action recognition: every network by name, trained, measured honestly, and run on any video.

Names are resolved on first use, so that `import kinema` itself costs next to nothing.
"""

from typing import TYPE_CHECKING

from kinema.lazy import lazily

if TYPE_CHECKING:
    from kinema.data.clips import read_table
    from kinema.data.video import open_video
    from kinema.evaluation.evaluate import evaluate
    from kinema.evaluation.profile import profile
    from kinema.inference.cover.make import cover
    from kinema.inference.recognizer import Recognizer
    from kinema.inference.stream import Stream
    from kinema.models import ClipSpec, Network, list_models
    from kinema.recipe import Recipe
    from kinema.timeline.localizer import Localizer
    from kinema.training.masking import Masking
    from kinema.training.pretrain import pretrain
    from kinema.training.train import train
    from kinema.weights import (
        create_model,
        from_checkpoint,
        from_pretrained,
        identify,
        inflate,
        load_weights,
        push_to_hub,
    )

__version__ = "0.1.0"

_HOMES = {
    "ClipSpec": "kinema.models",
    "Localizer": "kinema.timeline.localizer",
    "Masking": "kinema.training.masking",
    "Network": "kinema.models",
    "Recipe": "kinema.recipe",
    "Recognizer": "kinema.inference.recognizer",
    "Stream": "kinema.inference.stream",
    "cover": "kinema.inference.cover.make",
    "create_model": "kinema.weights",
    "evaluate": "kinema.evaluation.evaluate",
    "from_checkpoint": "kinema.weights",
    "from_pretrained": "kinema.weights",
    "identify": "kinema.weights",
    "inflate": "kinema.weights",
    "list_models": "kinema.models",
    "load_weights": "kinema.weights",
    "open_video": "kinema.data.video",
    "pretrain": "kinema.training.pretrain",
    "profile": "kinema.evaluation.profile",
    "push_to_hub": "kinema.weights",
    "read_table": "kinema.data.clips",
    "train": "kinema.training.train",
}

__all__ = [
    "ClipSpec", "Localizer", "Masking", "Network", "Recipe", "Recognizer", "Stream", "cover", "create_model",
    "evaluate", "from_checkpoint", "from_pretrained", "identify", "inflate", "list_models", "load_weights",
    "open_video", "pretrain", "profile", "push_to_hub", "read_table", "train",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
