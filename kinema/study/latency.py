"""How long a network takes for one clip: not what is counted, but what is waited for."""

import time
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from kinema.models import Network

PASSES, SECONDS = 15, 2.0  # at most so many passes, and no more than so long


def milliseconds(network: "Network", device: "torch.device", threads: int = 1) -> float:
    """The median time of a clip alone, after two to warm up; on a CPU processor time, which no neighbour lengthens."""
    import torch

    clip_NCTHW = torch.zeros(1, *network.clip.shape_CTHW, device=device)
    network.to(device).eval()
    cuda = device.type == "cuda"
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    found: list[float] = []
    began = time.monotonic()
    try:
        with torch.inference_mode():
            while len(found) < PASSES and (len(found) < 4 or time.monotonic() - began < SECONDS):
                started = clock()
                network(clip_NCTHW)
                if cuda:
                    torch.cuda.synchronize()
                found.append(1000 * (clock() - started))
    finally:
        torch.set_num_threads(before)
    return median(found[2:])
