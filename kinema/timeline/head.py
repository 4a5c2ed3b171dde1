"""A small network over the features of a video's windows: what happens at each, and where it begins and ends.

Axes: N videos, D features, W width, S steps in time, K classes; the last 2 outputs are beginning and end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from kinema.timeline.played import Played
from kinema.timeline.segments import Segment, Track

WIDTH, DILATIONS, DROPOUT = 64, (1, 2, 4), 0.3
PASSES, LEAST_STEPS, BATCH, CHUNK, LR, DECAY = 200, 60, 8, 128, 2e-3, 0.02
EDGE_STEPS = 1.0  # how far, in windows, an edge is seen


class StepNorm(nn.LayerNorm):
    """Layer normalisation of each step by itself, so that a stretch of a video is seen as in the whole."""

    def forward(self, x_NWS: torch.Tensor) -> torch.Tensor:
        """N W S, as it came."""
        return super().forward(x_NWS.transpose(1, 2)).transpose(1, 2)


class Mixed(nn.Module):
    """A residual block over time: what is `dilation` steps before and after is mixed in."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = StepNorm(width)
        self.conv = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.drop, self.point = nn.Dropout(DROPOUT), nn.Conv1d(width, width, 1)

    def forward(self, x_NWS: torch.Tensor) -> torch.Tensor:
        """N W S, as it came."""
        return x_NWS + self.point(self.drop(torch.relu(self.conv(self.norm(x_NWS)))))


class Head(nn.Module):
    """Features (N D S) to logits of each class, of a beginning and of an end (N K+2 S)."""

    def __init__(self, features: int, classes: int, width: int = WIDTH) -> None:
        super().__init__()
        self.mean: torch.Tensor
        self.scale: torch.Tensor
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.first = nn.Conv1d(features, width, 1)
        self.blocks = nn.Sequential(*(Mixed(width, dilation) for dilation in DILATIONS))
        self.norm = StepNorm(width)
        self.drop, self.last = nn.Dropout(DROPOUT), nn.Conv1d(width, classes + 2, 1)
        nn.init.constant_(self.last.bias, -3.0)  # type: ignore[arg-type]  # mostly, nothing happens

    def forward(self, x_NDS: torch.Tensor) -> torch.Tensor:
        """Logits (N K+2 S)."""
        even_NDS = (x_NDS - self.mean[:, None]) / self.scale[:, None]
        return self.last(self.drop(self.norm(self.blocks(self.first(self.drop(even_NDS))))))

    @torch.inference_mode()
    def track(self, played: Played) -> Track:
        """The head's scores over a video."""
        logits = self(torch.from_numpy(played.features_ND.astype(np.float32)).T[None])[0].T.sigmoid().numpy()
        return Track(played.starts_N, played.ends_N, logits[:, :-2], logits[:, -2:])


@dataclass(frozen=True)
class Lesson:
    """A video to learn from: its features (D S), and what each step should be (K+2 S)."""

    features_DS: torch.Tensor
    targets_S: torch.Tensor

    @classmethod
    def of(cls, played: Played, truth: Sequence[Segment], labels: Sequence[str]) -> "Lesson":
        """What the truth says at the middle of each window; an edge is seen, ever more faintly, some steps away."""
        track = played.track
        middles_N, reach = track.middles_N, EDGE_STEPS * track.step_seconds
        targets = np.zeros((len(labels) + 2, len(middles_N)), np.float32)
        numbers = {label: k for k, label in enumerate(labels)}
        for segment in truth:
            inside_N = (middles_N >= segment.start_seconds) & (middles_N < segment.end_seconds)
            targets[numbers[segment.label], inside_N] = 1
            for row, time in ((-2, segment.start_seconds), (-1, segment.end_seconds)):
                near_N = np.exp(-(((middles_N - time) / reach) ** 2))
                targets[row] = np.maximum(targets[row], near_N)
        return cls(torch.from_numpy(played.features_ND.astype(np.float32).T.copy()), torch.from_numpy(targets))

    def stretch(self, length: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """A stretch anywhere in it: features, targets, and which of its steps there are; a shorter video is padded."""
        there = self.features_DS.shape[1]
        first = int(torch.randint(max(there - length, 0) + 1, ()))
        missing = max(length - there, 0)
        part = slice(first, first + length)
        mask_S = torch.ones(min(length, there))
        return (nn.functional.pad(self.features_DS[:, part], (0, missing)),
                nn.functional.pad(self.targets_S[:, part], (0, missing)), nn.functional.pad(mask_S, (0, missing)))


def train_head(lessons: Sequence[Lesson], seed: int) -> Head:
    """A head that learnt from videos: stretches of them, drawn anew for each step, and blurred a little."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        whole_DS = torch.cat([lesson.features_DS for lesson in lessons], dim=1)
        steps = max(PASSES * whole_DS.shape[1] // (BATCH * CHUNK), LEAST_STEPS)
        head = Head(len(whole_DS), len(lessons[0].targets_S) - 2)
        head.mean.copy_(whole_DS.mean(1))
        head.scale.copy_(whole_DS.std(1, correction=min(whole_DS.shape[1] - 1, 1)) + 1e-3 * whole_DS.std() + 1e-6)
        optimizer = torch.optim.AdamW(head.parameters(), LR, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=steps)
        chances = torch.tensor([float(lesson.features_DS.shape[1]) for lesson in lessons])
        for _ in range(steps):
            optimizer.zero_grad()
            drawn = torch.multinomial(chances, BATCH, replacement=True).tolist()
            lesson_loss(head, [lessons[number] for number in drawn]).backward()
            optimizer.step()
            schedule.step()
    return head.eval()


def lesson_loss(head: Head, lessons: Sequence[Lesson]) -> torch.Tensor:
    """How wrong a head is on a stretch of each video, blurred a little."""
    stretches = [lesson.stretch(CHUNK) for lesson in lessons]
    features_NDS, targets_NKS, mask_NS = (torch.stack(each) for each in zip(*stretches, strict=True))
    blurred_NDS = features_NDS + 0.1 * head.scale[:, None] * torch.randn_like(features_NDS)
    wrong_NKS = nn.functional.binary_cross_entropy_with_logits(head(blurred_NDS), targets_NKS, reduction="none")
    return (wrong_NKS.mean(1) * mask_NS).sum() / mask_NS.sum()
