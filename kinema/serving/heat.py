"""Where in a part of a video the score of a label comes from, as numbers that a page can draw.

Axes: N clips (one here), T frames, H rows, W columns.
"""

import base64
import threading
from typing import Any

import numpy as np
from torch.nn import functional as F

from kinema.data.labels import label_key
from kinema.errors import KinemaError, nearest
from kinema.explain.cam import grad_cam
from kinema.serving.crew import Crew
from kinema.serving.decoding import DecodingError
from kinema.serving.problems import ProblemError
from kinema.serving.store import StoredVideo

SIDE = 28  # rows and columns of the heat that is sent; the page draws it smoothly
COOLEST, HOTTEST = 0.1, 0.995  # shares of all places between which heat is told apart, as in kinema.explain.overlay
WAITING = 4  # callers that may wait for their turn
WAIT_SECONDS = 60.0


class Heater:
    """Explains one part of a video at a time, beside the queue: whoever asks is looking at the video."""

    def __init__(self, crew: Crew) -> None:
        self.crew, self.process = crew, crew.process()
        self.turn, self.places = threading.Lock(), threading.BoundedSemaphore(WAITING)

    def explain(self, video: StoredVideo, start: float, end: float, label: str | None) -> dict[str, Any]:
        """The heat of a label (None: of the best one) between two times; ProblemError says why there is none."""
        number = self.number_of(label)
        if not self.places.acquire(blocking=False):
            raise ProblemError(429, "busy", f"{WAITING} explanations are being made.", "Ask again in a moment.",
                               {"Retry-After": "2"})
        try:
            if not self.turn.acquire(timeout=WAIT_SECONDS):
                raise ProblemError(503, "busy", "Other explanations take too long.", "Ask again in a moment.",
                                   {"Retry-After": "10"})
            try:
                return self.heat(video, start, end, number)
            except DecodingError as error:
                problem = error.problem
                raise ProblemError(422, problem.code, problem.message, problem.hint) from None
            except KinemaError as error:
                raise ProblemError(422, "not_explained", str(error), "Networks without maps have none.") from None
            finally:
                self.turn.release()
        finally:
            self.places.release()

    def number_of(self, label: str | None) -> int | None:
        """Where a label stands among the network's."""
        if label is None:
            return None
        keys = [label_key(name) for name in self.crew.recognizer.labels]
        if label_key(label) not in keys:
            raise ProblemError(422, "unknown_label", f"The network knows no class {label!r}.",
                               nearest(label, self.crew.recognizer.labels).strip())
        return keys.index(label_key(label))

    def heat(self, video: StoredVideo, start: float, end: float, number: int | None) -> dict[str, Any]:
        """As `explain`, when it is this one's turn."""
        recognizer = self.crew.recognizer
        (part,) = [one for one in self.process.messages(video.path, video.name, start_seconds=start, end_seconds=end)
                   if one.clips_VCTHW is not None]
        assert part.clips_VCTHW is not None
        like = next(recognizer.network.parameters())
        with self.crew.asking:
            found = grad_cam(recognizer.network, part.clips_VCTHW.to(like), number)
        size = (found.heat_NTHW.shape[1], SIDE, SIDE)
        heat_THW = F.interpolate(found.heat_NTHW[None].float().cpu(), size, mode="trilinear")[0, 0].numpy()
        least, most = (float(level) for level in np.quantile(heat_THW, (COOLEST, HOTTEST)))
        most = most if most > least else float(heat_THW.max())
        levels_THW = (np.clip((heat_THW - least) / ((most - least) or 1.0), 0, 1) * 255).round().astype(np.uint8)
        return {
            "label": recognizer.labels[found.classes[0]],
            "score": float(recognizer.scores(found.logits_NK.float().cpu())[found.classes[0]]),
            "start_seconds": start, "end_seconds": end, "times_seconds": part.facts["times_seconds"],
            "box": part.facts["box"], "frames": size[0], "side": SIDE, "layers": list(found.layers),
            "heat": base64.b64encode(levels_THW.tobytes()).decode(),
        }

    def stop(self) -> None:
        """End the process."""
        self.process.stop()
