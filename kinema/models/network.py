"""A network: clip in, one row of logits out, and what it knows about itself.

Axes in names: N clips, C channels, T frames, H rows, W columns, D features, K classes.
"""

from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.clip import ClipSpec


class Network(nn.Module):
    """A backbone, a readout that makes one row of its features, and a classifier.

    `name` and `options` say what it is (they make it anew: `create_model(name, labels, clip=clip, **options)`), `clip`
    what it expects to be fed and `labels` what its `classes` mean (empty when unknown).
    """

    def __init__(
        self, name: str, backbone: nn.Module, readout: nn.Module, clip: ClipSpec, labels: int | tuple[str, ...],
        dropout: float, options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.name, self.clip, self.options = name, clip, dict(options or {})
        self.labels, self.classes = ((), labels) if isinstance(labels, int) else (labels, len(labels))
        self.backbone, self.readout = backbone, readout
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(readout.channels, self.classes)  # type: ignore[arg-type]
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)
        self.frozen: tuple[str, ...] = ()  # the names of modules that stay in evaluation mode

    def train(self, mode: bool = True) -> Self:
        """Training mode, or evaluation mode: all but what is `frozen`."""
        super().train(mode)
        for name in self.frozen:
            self.get_submodule(name).training = False
        return self

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        """One row of logits per clip (N K).

        The usual readout is the mean of all frames, taken before the classifier, which is linear: so the logits are the
        mean of the frames' scores, and dropout drops a feature from all frames at once.
        """
        return self.classifier(self.dropout(self.features(clip_NCTHW)))

    def features(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        """One row of features per clip (N D): what the classifier sees."""
        return self.readout(self.feature_map(clip_NCTHW))

    def frame_features(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        """One row of features for each frame that remains at the end (N T D)."""
        return self.feature_map(clip_NCTHW).mean((3, 4)).transpose(1, 2)

    def feature_map(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        """What the backbone sees in each place of each frame that remains (N D T H W)."""
        if clip_NCTHW.dim() != 5 or clip_NCTHW.shape[1] != self.clip.channels:
            raise ModelError(f"{self.name} takes clips of shape (N, {self.clip.channels}, T, H, W), not "
                             f"{tuple(clip_NCTHW.shape)}.")
        if not clip_NCTHW.is_floating_point():
            raise ModelError(f"{self.name} takes clips of floats, normalised as its clip says, not {clip_NCTHW.dtype}. "
                             "kinema.Recognizer takes videos and frames as they are.")
        return self.backbone(clip_NCTHW)

    def extra_repr(self) -> str:
        return f"{self.name}, classes={self.classes}, clip={self.clip}"
