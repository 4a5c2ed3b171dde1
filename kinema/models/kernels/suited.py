"""What the kernels can take, and how they are called."""

import ctypes
from collections.abc import Sequence

import torch

from kinema.models.kernels.build import library

LAST = torch.channels_last_3d
PLAIN = (torch.Tensor, torch.nn.Parameter)
Given = torch.Tensor | Sequence[int] | int | float | None


def suited(x_NCTHW: torch.Tensor, *others: torch.Tensor | None) -> bool:
    """Can kernels take x_NCTHW, laid out channels-last, and the float32 tensors that go with it?

    Who compiles, exports, traces or counts sees torch's own operators instead.
    """
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return False
    if type(x_NCTHW) not in PLAIN or x_NCTHW.device.type != "cpu" or x_NCTHW.dim() != 5 or not x_NCTHW.numel():
        return False
    if x_NCTHW.is_contiguous() or not x_NCTHW.is_contiguous(memory_format=LAST):
        return False
    if not all(other is None or plain(other) for other in others):
        return False
    return not torch._C._len_torch_dispatch_stack() and library() is not None


def plain(tensor: torch.Tensor) -> bool:
    """Are a tensor's numbers float32, and where C finds them?"""
    return type(tensor) in PLAIN and tensor.dtype == torch.float32 and tensor.device.type == "cpu"


def run(name: str, *given: Given) -> int:
    """Call a kernel, with as many threads as torch has."""
    found = library()
    assert found is not None  # who calls has asked `suited`
    return getattr(found, name)(*map(passed, given), ctypes.c_int64(torch.get_num_threads()))


def room(name: str, *given: Given) -> int:
    """How many numbers a kernel needs room for."""
    found = library()
    assert found is not None
    return getattr(found, name)(*map(passed, given))


def passed(given: Given) -> ctypes.c_void_p | ctypes.c_int64 | ctypes.c_double | ctypes.Array:
    """A value as C sees it; of a tensor where its numbers lie."""
    if isinstance(given, torch.Tensor):
        return ctypes.c_void_p(given.data_ptr())
    if isinstance(given, float):
        return ctypes.c_double(given)
    if isinstance(given, int):
        return ctypes.c_int64(given)
    return ctypes.c_void_p(None) if given is None else (ctypes.c_int64 * len(given))(*given)


def rows_of(x_NCTHW: torch.Tensor) -> tuple[int, int]:
    """The rows and columns of x_NCTHW as a matrix whose columns are the channels."""
    return x_NCTHW.numel() // x_NCTHW.shape[1], x_NCTHW.shape[1]
