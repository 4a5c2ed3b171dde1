"""Networks that compare videos with sentences: any image- or video-text encoder of transformers, as a `Network`.

Axes: N clips, T frames, C channels, H rows, W columns, K sentences, D features.
"""

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kinema.errors import KinemaError, ModelError
from kinema.models import ClipSpec, Network
from kinema.weights.reachable import check_reachable

PREFIX = "transformers:"  # of a source: transformers:openai/clip-vit-base-patch32, transformers:a/folder
DEFAULT = f"{PREFIX}openai/clip-vit-base-patch32"
PROMPT = "a video of {}."  # how a label becomes a sentence
INSTEAD = (f"Name the folder of an encoder instead (--weights {PREFIX}FOLDER), or copy that cache from a machine where "
           "it was fetched.")
FAILURES = (OSError, ValueError, KeyError)  # of transformers, where it cannot open something
FRAMES = 8  # of a clip, where the encoder sees pictures


def is_encoder(source: object) -> bool:
    """Whether a source names an encoder of transformers."""
    return isinstance(source, str) and source.startswith(PREFIX)


class Encoder(nn.Module):
    """An encoder of transformers as a backbone: clips become maps of one place (N D T 1 1), sentences rows (K D)."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self.model, self.tokenizer = model, tokenizer

    @property
    def sees_videos(self) -> bool:
        """Whether it takes all frames of a clip at once."""
        return hasattr(self.model, "get_video_features")

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        frames_NTCHW = clip_NCTHW.transpose(1, 2)
        if self.sees_videos:
            return rows(self.model.get_video_features(pixel_values=frames_NTCHW))[:, :, None, None, None]
        seen = rows(self.model.get_image_features(pixel_values=frames_NTCHW.flatten(0, 1)))
        frames_NTD = nn.functional.normalize(seen, dim=-1).unflatten(0, frames_NTCHW.shape[:2])
        return frames_NTD.transpose(1, 2)[:, :, :, None, None]

    @torch.inference_mode()
    def sentences(self, sentences: Sequence[str]) -> torch.Tensor:
        """Sentences as rows of length 1 (K D), on the CPU."""
        longest = getattr(self.model.config, "text_config", self.model.config).max_position_embeddings
        # encoders without a mask were trained on sentences of one length (SigLIP)
        padding = True if "attention_mask" in self.tokenizer.model_input_names else "max_length"
        words = self.tokenizer(list(sentences), padding=padding, truncation=True, max_length=longest,
                               return_tensors="pt")
        where = next(self.model.parameters()).device
        found = self.model.get_text_features(**{name: values.to(where) for name, values in words.items()})
        return nn.functional.normalize(rows(found), dim=-1).float().cpu()


class MeanDirection(nn.Module):
    """The mean of all frames, made as long as 1: its product with a sentence's row is the cosine."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, features_NDTHW: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(features_NDTHW.mean((2, 3, 4)), dim=-1)


def rows(found: Any) -> torch.Tensor:
    """The rows of features in what an encoder gives, which depends on the version of transformers."""
    return found if isinstance(found, torch.Tensor) else found.pooler_output


def zero_shot(source: str, labels: Sequence[str] = ()) -> Network:
    """A network that tells labels it was never trained for, by how near their sentences are to a clip.

    source: PREFIX and a model's id or folder. The classifier holds the sentences' rows, times the scale (and bias) that
    the encoder was trained with. ModelError: it cannot be had, or is no encoder of pictures or videos and text.
    """
    if not is_encoder(source):
        raise ModelError(f"{source!r} is no encoder of text; name one as {DEFAULT}, or {PREFIX}FOLDER.")
    encoder, clip = opened(source.removeprefix(PREFIX))
    rows_KD = encoder.sentences([PROMPT.format(label) for label in labels] or ["nothing"])[:len(labels)]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Initializing zero-element")
        network = Network(source, encoder, MeanDirection(rows_KD.shape[1]), clip, tuple(labels), 0.0)
    scale = getattr(encoder.model, "logit_scale", torch.zeros(()))
    bias = getattr(encoder.model, "logit_bias", None)
    with torch.no_grad():
        network.classifier.weight.copy_(scale.detach().exp() * rows_KD)
        network.classifier.bias.fill_(0.0 if bias is None else float(bias))
    return network.eval().requires_grad_(False)


def opened(name: str) -> tuple[Encoder, ClipSpec]:
    """The encoder of a model's id or folder, and the clip it takes."""
    if find_spec("transformers") is None:
        raise KinemaError("Sentences need transformers: pip install 'kinema[text]'.")
    try:
        facts, tokenizer, model = parts(name, local=True)
    except FAILURES as error:
        if Path(name).exists():
            raise ModelError(f"transformers cannot open {name!r}: {' '.join(str(error).split())[:300]}") from error
        check_reachable(name, INSTEAD)
        try:
            facts, tokenizer, model = parts(name, local=False)
        except FAILURES as later:
            raise ModelError(f"transformers cannot open {name!r}: {' '.join(str(later).split())[:300]}") from later
    if not hasattr(model, "get_text_features") or not (
            hasattr(model, "get_image_features") or hasattr(model, "get_video_features")):
        raise ModelError(f"{name} is a {type(model).__name__}, not an encoder of text and of pictures or videos, such "
                         f"as {DEFAULT.removeprefix(PREFIX)}.")
    encoder = Encoder(model.eval(), tokenizer)
    frames = getattr(model.config.vision_config, "num_frames", FRAMES) if encoder.sees_videos else FRAMES
    return encoder, clip_of(facts, frames)


def parts(name: str, local: bool) -> tuple[dict[str, Any], Any, Any]:
    """The image processor's settings, the tokenizer and the model; `local`: of a folder or the cache alone."""
    from transformers import AutoModel, AutoTokenizer
    from transformers.image_processing_base import ImageProcessingMixin

    # only the facts are read: to build the processor itself torchvision would be needed
    facts, _ = ImageProcessingMixin.get_image_processor_dict(name, local_files_only=local)
    tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=local)
    return facts, tokenizer, AutoModel.from_pretrained(name, local_files_only=local, dtype=torch.float32)


def clip_of(facts: dict[str, Any], frames: int) -> ClipSpec:
    """The clip that the settings of an image processor ask for."""
    size, crop = facts["size"], facts.get("crop_size") if facts.get("do_center_crop") else None
    size = {"shortest_edge": size} if isinstance(size, int) else size
    crop = {"height": crop, "width": crop} if isinstance(crop, int) else crop
    shown = crop or (size if "height" in size else {"height": size["shortest_edge"], "width": size["shortest_edge"]})
    resize = size["shortest_edge"] if "shortest_edge" in size else (size["height"], size["width"])
    return ClipSpec(frames, shown["height"], shown["width"], mean=tuple(facts["image_mean"]),
                    std=tuple(facts["image_std"]), crop="centre" if crop else "stretch",
                    resize=resize if crop else None)
