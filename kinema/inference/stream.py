"""A network fed frame by frame. Axes: N cameras, C channels, T frames, H rows, W columns, K classes."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from kinema.data.transforms import to_input
from kinema.errors import DataError, KinemaError, ModelError, RunError
from kinema.files import write_atomic
from kinema.inference.engines.choose import check_engine, engine_of
from kinema.inference.engines.fold import folded
from kinema.inference.engines.packed import packed
from kinema.inference.small import small
from kinema.inference.source import Source, clip_seconds_of, opened
from kinema.inference.windows import window_seconds
from kinema.models import Network
from kinema.models.streaming import State, Steps

Step = Callable[[torch.Tensor, State], tuple[torch.Tensor, State]]
PICTURES = "pictures"  # the last ones, N T H W 3 in uint8: those that a clip or a difference is made of


class Stream:
    """What a network says of the frames so far: `Stream("runs/first").push(frame)`.

    source: a run's folder, a `Run`, a `Network`, an official checkpoint's id or a file of weights. cameras: how many
    streams are pushed together, a frame of each. device: "cpu", "cuda", "mps"; None is the best there is. engine,
    precision: what computes the answers (docs/engines.md); one that remembers is fed by "torch" in fp32, or by
    "openvino", which is several times quicker on a CPU.

    A causal network (`exact`) remembers what its layers need, and answers as on the clip of all frames so far: the mean
    over all of them, or what its readout makes of the last ones (trn, encoder, a bidirectional lstm: of as many as its
    clip has; nonlocal looks at 256). Any other network sees the last frames of its clip anew with each push; the first
    stands for those before it. The frames of a clip are as far from each other as those that are pushed: as in training
    where they are `frame_seconds` apart.

    recent: for a stream without end. What is a mean over all frames becomes one that forgets, of about as many as the
    clip has; a network that remembers the greatest of all frames sees its last clip instead.

    `state` is all that is remembered: keep it, and set it again, or `save` and `load` it.
    """

    def __init__(
        self, source: Source, cameras: int = 1, device: str | None = None, engine: str = "torch",
        precision: str = "fp32", recent: bool = False,
    ) -> None:
        if cameras < 1:
            raise DataError(f"cameras={cameras}: expected one or more.")
        self.network, self.run = opened(source, device)
        self.cameras = cameras
        spec = self.network.clip
        if spec.fields:
            raise ModelError(f"{self.network.name} sees optical flow, which a stream does not find. Expected a network "
                             "of colours or of differences.")
        self.frame_seconds = window_seconds(spec, clip_seconds_of(source, self.run)) / spec.frames
        steps, self.step = step_of(self.network, cameras, engine, precision, recent)
        self.exact = steps is not None
        self.recent = Forgetful(spec.frames, steps.period) if recent and steps else None
        self.kept_frames = spec.frames if not self.exact else 2 if spec.input == "difference" else 1
        self.state = State()

    def push(self, frames: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
        """The logits (K) of the frames so far; of several cameras (N K).

        frames: H W 3, uint8, red first; of several cameras one of each, which may differ in size.
        """
        pictures = [np.asarray(frames)] if self.cameras == 1 else [*map(np.asarray, frames)]
        if len(pictures) != self.cameras or not all(map(is_picture, pictures)):
            came = ", ".join(f"{picture.shape} of {picture.dtype}" for picture in pictures[:3]) or "nothing"
            expected = "a picture" if self.cameras == 1 else f"a picture of each of {self.cameras} cameras"
            raise DataError(f"{came} came; expected {expected}: rows, columns and 3 colours in uint8.")
        spec, like = self.network.clip, next(self.network.parameters())
        new_N1HWC = torch.stack([small(picture, spec) for picture in pictures])
        before = self.state.kept.get(PICTURES, (new_N1HWC[:, :0],))
        seen_NTHWC = torch.cat([*before, new_N1HWC], dim=1)[:, -self.kept_frames :]
        whole_NTHWC = self.filled(seen_NTHWC)
        clip_NCTHW = torch.stack([to_input(frames_THWC, spec) for frames_THWC in whole_NTHWC]).to(like)
        with torch.inference_mode():
            logits_NK, after = self.step(clip_NCTHW[:, :, -1:] if self.exact else clip_NCTHW, self.state)
        pictures_kept = {PICTURES: (seen_NTHWC,)} if self.kept_frames > 1 else {}
        count = self.recent(after.count) if self.recent else after.count
        self.state = State(count, {**after.kept, **pictures_kept})
        found_NK = logits_NK.float().cpu().numpy()
        return found_NK[0] if self.cameras == 1 else found_NK

    def filled(self, seen_NTHWC: torch.Tensor) -> torch.Tensor:
        """A whole clip, where the network sees clips: the first frame stands for those before it."""
        missing = 0 if self.exact else self.kept_frames - seen_NTHWC.shape[1]
        return torch.cat([seen_NTHWC[:, :1].expand(-1, missing, -1, -1, -1), seen_NTHWC], dim=1)

    def reset(self) -> None:
        """Forget all frames."""
        self.state = State()

    def save(self, path: str | Path) -> None:
        """Write what is remembered into a file (.safetensors)."""
        from safetensors.torch import save_file

        tensors = {f"{name}/{number}": tensor.contiguous().cpu() for name, kept in self.state.kept.items()
                   for number, tensor in enumerate(kept)}
        facts = {**self.facts(), "count": str(self.state.count)}
        write_atomic(Path(path), lambda out: save_file(tensors, out, metadata=facts))

    def load(self, path: str | Path) -> None:
        """Go on from what was saved; RunError where that is of another network or of other cameras."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "pt", device=str(next(self.network.parameters()).device)) as file:
                facts, kept = file.metadata() or {}, dict[str, tuple[torch.Tensor, ...]]()
                for key in sorted(file.keys(), key=lambda key: int(key.rpartition("/")[2])):
                    name = key.rpartition("/")[0]
                    kept[name] = (*kept.get(name, ()), file.get_tensor(key))
        except (OSError, SafetensorError, ValueError) as error:
            raise RunError(f"{path} is no saved stream: {error}.") from error
        for name, value in self.facts().items():
            if facts.get(name) != value:
                raise RunError(f"{path} is a stream whose {name} is {facts.get(name)}; expected {value}.")
        if PICTURES in kept:
            kept[PICTURES] = tuple(tensor.cpu() for tensor in kept[PICTURES])
        self.state = State(int(facts["count"]), kept)

    def facts(self) -> dict[str, str]:
        """What a saved stream must have in common with this one."""
        sums = [f"{float(weights.double().sum()):.9e}" for weights in self.network.state_dict().values()]
        return {"network": self.network.name, "clip": json.dumps(self.network.clip.to_dict()),
                "cameras": str(self.cameras), "weights": sha256(" ".join(sums).encode()).hexdigest()[:16],
                "dtype": str(next(self.network.parameters()).dtype)}


@dataclass(frozen=True)
class Forgetful:
    """How many frames a mean counts as those before: no more than about a clip has.

    period: after how many frames all layers that step over frames begin another step; a count is only cut by as many.
    """

    frames: int
    period: int

    def __call__(self, count: int) -> int:
        most = -(-self.frames // self.period) * self.period
        return count if count < most + self.period else count - (count - most) // self.period * self.period


def step_of(
    network: Network, cameras: int, engine: str, precision: str, recent: bool = False
) -> tuple[Steps | None, Step]:
    """A network's steps, if it sees each frame once; and what gives its answer to a frame, or else to a clip, and a
    state."""
    check_engine(engine, precision, network)
    steps = None if recent and remembers_for_ever(network) else steps_of(folded(network))
    if steps is None:
        answer = engine_of(network, engine, precision).answer
        return None, lambda clip_NCTHW, state: (answer(clip_NCTHW), State(state.count + 1))
    auto, here = engine == "auto", find_spec("openvino") and next(network.parameters()).device.type == "cpu"
    if engine == "openvino" or (auto and here):
        from kinema.inference.engines.stepping import Compiled

        try:
            return steps, Compiled(steps, precision, cameras)
        except ModelError:  # not every step can be compiled
            if not auto:
                raise
    if precision != "fp32" or engine not in ("auto", "torch"):
        raise KinemaError(f"{network.name} remembers what it saw: it is computed by torch in fp32 or by openvino, "
                          f"not by {engine} in {precision}.")
    packed(steps.network, next(network.parameters()).dtype)
    return steps, steps


def steps_of(network: Network) -> Steps | None:
    """The network as a function of one frame, where it can be one: its layers look back, and so does its input."""
    if network.clip.input == "normalised_difference":
        return None
    try:
        return Steps(network)
    except ModelError:
        return None


def remembers_for_ever(network: Network) -> bool:
    """Is there a layer whose memory does not fade, however many frames come?"""
    return any(hasattr(layer, "remembers_for_ever") for layer in network.modules())


def is_picture(picture: np.ndarray) -> bool:
    """Is this an array of rows, columns and three colours?"""
    return picture.ndim == 3 and picture.shape[2] == 3 and picture.size > 0 and picture.dtype == np.uint8
