"""What is kept of one video: the best labels of each window, and its embedding.

Axes: V views, K classes, D features.
"""

from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy

import numpy as np
import torch
from torch import nn

from kinema.archive.found import Kept, Looked, Opener
from kinema.archive.store import is_address, local_copy
from kinema.data.video import open_video
from kinema.errors import KinemaError, VideoError
from kinema.inference.engines.choose import engine_of
from kinema.inference.windows import ahead, in_turn, windows


class Looker:
    """Looks at videos of so many seconds at most, one at a time, with one thread where the network is on the CPU.

    tell: is called after each window.
    """

    def __init__(self, opener: Opener, kept: Kept, video_seconds: float, tell: Callable[[], object]) -> None:
        self.recognizer, self.kept, self.video_seconds, self.tell = opener(), kept, video_seconds, tell
        self.network = self.recognizer.network
        on_cpu = next(self.network.parameters()).device.type == "cpu"
        self.threads, self.grouped = (1, in_turn) if on_cpu else (0, ahead)
        if on_cpu:
            torch.set_num_threads(1)
        self.answer = self.with_embeddings() if kept.embeddings else self.recognizer.engine.answer

    def with_embeddings(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """Logits and features beside each other (N K+D), from one pass."""
        if self.recognizer.asked[1] == "int8":
            raise KinemaError("Embeddings are computed in fp32 or bf16; int8 is for scores alone.")
        bare, classifier = deepcopy(self.network), deepcopy(self.network.classifier).cpu().float()
        bare.classifier = nn.Identity()  # type: ignore[assignment]
        features = engine_of(bare, *self.recognizer.asked).answer

        def both(clips_NCTHW: torch.Tensor) -> torch.Tensor:
            features_ND = features(clips_NCTHW).float().cpu()
            return torch.cat([classifier(features_ND), features_ND], 1)

        return both

    def __call__(self, video: str) -> Looked:
        """Look at a video, by its path or address; whatever is wrong with it is told as the reason."""
        try:
            with local_copy(video) if is_address(video) else nullcontext(video) as path:
                return self.look(video, str(path))
        except VideoError as error:
            return Looked(video, reason=str(error))
        except Exception as error:  # one video never stops the others
            return Looked(video, reason=f"{type(error).__name__}: {' '.join(str(error).split())[:500]}")

    def look(self, video: str, path: str) -> Looked:
        """Look at a video in a file."""
        found, classes = Looked(video), self.network.classes
        with open_video(path, threads=self.threads) as frames:
            if frames.known and len(frames):
                self.check_length(video, frames.duration_seconds)
            parts = windows(frames, self.network.clip, self.recognizer.window_seconds, self.recognizer.views)
            for window, answer_V in self.recognizer.run_over(parts, self.answer, self.grouped):
                scores_K = self.recognizer.scores(answer_V[:, :classes]).astype(np.float32)
                best = self.best(scores_K)
                found.times.append((window.start_seconds, window.end_seconds))
                found.labels.append([self.recognizer.labels[k] for k in best])
                found.scores.append(scores_K[best])
                if self.kept.embeddings:
                    found.embeddings.append(unit(answer_V[:, classes:].mean(0).numpy()))
                self.tell()
                self.check_length(video, window.end_seconds - found.times[0][0])
        if not found.times:
            raise VideoError(f"{video} holds no frame that can be decoded.")
        return found

    def check_length(self, video: str, seconds: float) -> None:
        """VideoError where a video is longer than is looked at: one without an end would hold its process for good."""
        if seconds > self.video_seconds:
            raise VideoError(f"{video} is longer than {self.video_seconds:g} s. --max-seconds takes longer ones.")

    def best(self, scores_K: np.ndarray) -> np.ndarray:
        """The numbers of the labels that are kept, best first."""
        order = np.argsort(-scores_K, kind="stable")
        order = order[scores_K[order] >= self.kept.floor]
        return order[:self.kept.top] if self.kept.top else order


def unit(values_D: np.ndarray) -> np.ndarray:
    """A vector of length 1, so that the cosine of two is their product."""
    return (values_D / max(float(np.linalg.norm(values_D)), 1e-12)).astype(np.float32)
