"""What other libraries do, timed where they are installed: run by `benchmarks.engines` and
`benchmarks.training_kernels`, with their own Python.

It reads a line with a network's name, makes it ready, and then gives the seconds of one clip, or of a training step,
for each further line. Of a network that they lack, kinema's stands in, as PyTorch runs it: then the Python is kinema's.
PyTorchVideo 0.1.5 imports parts of torchvision that its networks do not use: these are put in its place by names alone.
"""

import sys
import time
from itertools import chain
from types import ModuleType

import torch

ABSENT = {"ops": ("RoIAlign", "roi_align"), "transforms": ("Compose", "Lambda"), "models": (), "io": ()}


def stand_in() -> None:
    """Put names where PyTorchVideo looks for torchvision."""
    whole = sys.modules["torchvision"] = ModuleType("torchvision")
    for part, names in ABSENT.items():
        module = sys.modules[f"torchvision.{part}"] = ModuleType(f"torchvision.{part}")
        setattr(whole, part, module)
        for name in names:
            setattr(module, name, torch.nn.Identity)


def x3d(frames: int, size: int) -> torch.nn.Module:
    """X3D-S and X3D-M, which differ in their clips alone."""
    from pytorchvideo.models.x3d import create_x3d

    return create_x3d(input_clip_length=frames, input_crop_size=size, model_num_class=400, depth_factor=2.2)


def slowfast(frames: int, size: int) -> torch.nn.Module:
    """SlowFast 8x8, R50, of a clip at the fast rate."""
    from pytorchvideo.models.slowfast import create_slowfast

    network = create_slowfast(model_num_class=400)

    class Both(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            return self.network([clip[:, :, ::4], clip])

    return Both()


def i3d(frames: int, size: int) -> torch.nn.Module:
    """I3D, R50, as FAIR has it."""
    from pytorchvideo.models.hub.resnet import i3d_r50

    return i3d_r50(pretrained=False)


def timesformer(frames: int, size: int) -> torch.nn.Module:
    """TimeSformer-B of transformers."""
    from transformers import TimesformerConfig, TimesformerForVideoClassification

    network = TimesformerForVideoClassification(TimesformerConfig(num_frames=frames, image_size=size))

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            return self.network(clip.transpose(1, 2)).logits

    return Logits()


MAKE = {"x3d_s": x3d, "x3d_m": x3d, "slowfast_r50_8x8": slowfast, "i3d_r50_8x8": i3d, "timesformer": timesformer}


def training_step(network: torch.nn.Module, clips: torch.Tensor, labels: torch.Tensor) -> None:
    """Forward, cross-entropy and backward; no optimiser."""
    network.zero_grad()
    torch.nn.functional.cross_entropy(network(clips), labels).backward()


def main() -> None:
    """Answer one line after the other: with a batch in the first, by the seconds of a training step, and of its
    processor time."""
    name, frames, size, threads, *batch = input().split()
    torch.set_num_threads(int(threads))
    if name not in MAKE:
        from kinema.models import create_model

        network = create_model(name, frames=int(frames)).train(bool(batch))
    else:
        if name != "timesformer":
            stand_in()
        network = MAKE[name](int(frames), int(size)).train(bool(batch))
    clips = torch.randn(*map(int, batch or ["1"]), 3, int(frames), int(size), int(size))
    labels = torch.arange(len(clips))
    with torch.inference_mode(not batch):
        for number, _ in enumerate(chain([""], sys.stdin)):
            start, used = time.perf_counter(), time.process_time()
            if batch:
                training_step(network, clips, labels)
            else:
                network(clips)
            took = [time.perf_counter() - start, time.process_time() - used]
            print(*(took[: 1 + bool(batch)] if number else ["ready"]), flush=True)


if __name__ == "__main__":
    main()
