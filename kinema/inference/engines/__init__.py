"""What computes a network's answers: PyTorch itself, its compiler, OpenVINO or ONNX Runtime.

An engine is made for one network and the clips it expects, and called with clips; all give the same answers, to
rounding (`precision` "fp32") or nearly ("bf16", and "int8", which int8.py makes of a run). Axes: N clips, C channels,
T frames, H rows, W columns, K classes.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

import torch

from kinema.errors import ModelError
from kinema.inference.engines import onnx, openvino
from kinema.inference.engines.fold import folded
from kinema.inference.engines.inplace import in_place
from kinema.inference.engines.packed import channels_last, packed
from kinema.models import Network

Engine = Callable[[torch.Tensor], torch.Tensor]  # clips_NCTHW, float32 -> logits_NK, float32 on the CPU
FLOATS = ("fp32", "bf16")
PRECISIONS = (*FLOATS, "int8")


def by_torch(network: Network, precision: str) -> Engine:
    """PyTorch without batch norms that can be folded and copies that need not be; on a CPU with packed convolutions."""
    like = next(network.parameters())
    ready = in_place(channels_last(packed(folded(network), torch.bfloat16 if precision == "bf16" else like.dtype)))

    @torch.inference_mode()
    def answer(clips_NCTHW: torch.Tensor) -> torch.Tensor:
        clips_NCTHW = clips_NCTHW.to(like).contiguous(memory_format=torch.channels_last_3d)
        with torch.autocast(like.device.type, torch.bfloat16, enabled=precision == "bf16"):
            return ready(clips_NCTHW).float().cpu()

    return answer


def by_compiler(network: Network, precision: str) -> Engine:
    """PyTorch's compiler, with the weights frozen into its code; on a CPU it needs the system's compiler."""
    import torch._inductor.config as inductor

    ready, like = channels_last(folded(network)), next(network.parameters())
    compiled = torch.compile(ready)

    @torch.inference_mode()
    def answer(clips_NCTHW: torch.Tensor) -> torch.Tensor:
        clips_NCTHW = clips_NCTHW.to(like).contiguous(memory_format=torch.channels_last_3d)
        with inductor.patch(freezing=True), torch.autocast(
                like.device.type, torch.bfloat16, enabled=precision == "bf16"):
            return torch.cat([compiled(clip_NCTHW).float().cpu() for clip_NCTHW in clips_NCTHW.split(1)])

    return answer


def by_openvino(network: Network, precision: str) -> Engine:
    """OpenVINO, on the CPU, with as many threads as PyTorch has."""
    noise_1CTHW = torch.randn(1, *network.clip.shape_CTHW, generator=torch.Generator().manual_seed(0))
    return of_graph(openvino.compiled(folded(network).float(), (noise_1CTHW,), precision))


def of_graph(model: Any) -> Engine:
    """A graph that OpenVINO has compiled."""
    one_at_a_time = Lock()  # a graph has room for one answer

    def answer(clips_NCTHW: torch.Tensor) -> torch.Tensor:
        clips = clips_NCTHW.float().cpu().contiguous().split(1)
        with one_at_a_time:
            return torch.cat([torch.from_numpy(model(clip.numpy())[0].copy()) for clip in clips])

    return answer


def by_onnx(network: Network, precision: str) -> Engine:
    """ONNX Runtime, on the CPU, in float32 alone."""
    blank_1CTHW = torch.zeros(1, *network.clip.shape_CTHW)
    try:
        program = onnx.onnx_program(folded(network).float(), (blank_1CTHW,), (["clip"], ["logits"]))
    except ImportError as error:
        raise ModelError(f"The engine onnx lacks {error.name}: pip install 'kinema[onnx]'.") from error
    except torch.onnx.OnnxExporterError as error:
        raise ModelError(f"{network.name} cannot be written as ONNX: {str(error).splitlines()[0]} Nearest: "
                         "the engine torch.") from error
    session = onnx.session_of(program.model_proto.SerializeToString())

    def answer(clips_NCTHW: torch.Tensor) -> torch.Tensor:
        clips = clips_NCTHW.float().cpu().contiguous().split(1)
        return torch.cat([torch.from_numpy(session.run(None, {"clip": clip.numpy()})[0]) for clip in clips])

    return answer


class Kind(NamedTuple):
    """An engine by name: what makes it, the package it needs, what it can, and whether "auto" tries it."""

    make: Callable[[Network, str], Engine]
    package: str = ""
    precisions: tuple[str, ...] = FLOATS
    tried: bool = True


ENGINES = {
    "torch": Kind(by_torch),
    "compile": Kind(by_compiler, tried=False),  # minutes, the first time
    "openvino": Kind(by_openvino, "openvino", PRECISIONS),
    "onnx": Kind(by_onnx, "onnxruntime", ("fp32",)),
}
