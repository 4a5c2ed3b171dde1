"""The folder in which the documentation's blocks are run: small, real things under the names that its pages use."""

import shutil
from pathlib import Path

import numpy as np

from kinema.data.synthetic import make, synthetic_spec
from kinema.data.synthetic.encode import write_mp4
from kinema.data.video import open_video
from kinema.evaluation.evaluate import evaluate
from kinema.machine import Machine
from kinema.recipe import Recipe
from kinema.training.train import train
from tests.detection.two_figures import write_set

NAMES = {
    "right": "goal", "left": "fall", "down": "pass", "up": "open door", "grow": "three-point shot", "shrink": "wave",
}
FPS = 12.0
VIDEOS = ("match.mp4", "other.avi", "night.mp4", "yard.mp4", "goal.mp4", "a.mp4", "b.mp4", "matches/1.mp4",
          "matches/2.mp4", "tests/1.mp4", "footage/1.mp4", "footage/2.mp4")
RUNS = ("first", "tam", "tsn", "colour", "flow", "large", "kinetics", "tsm", "frozen", "slowfast", "r3d")
TINY = {"model": "tam-resnet_tiny", "frames": 4, "size": 32, "epochs": 1, "batch": 16, "validation": 0.2}
CPU = Machine(accelerator="cpu", workers=0)
DETECTOR = """def people(frames_THWC):
    import torch
    high, wide = frames_THWC[0].shape[:2]
    return [(torch.tensor([[0.0, 0.0, wide / 2, high]]), torch.tensor([0.9])) for _ in frames_THWC]
"""
STUDY = """base: {data: data/motion, frames: 4, size: 32, epochs: 1, batch: 16, validation: 0.0}
vary:
  - {model: [tsn-resnet_tiny, tam-resnet_tiny], seed: [0]}
"""
FILES = {
    "actions.txt": "goal\nwave: waving\n",
    "videos.txt": "footage/1.mp4\nfootage/2.mp4\n",
    "truth.csv": "path,start,end,label\nmatch.mp4,0,0.6,goal\ntests/1.mp4,0.7,1.3,fall\n",
    "annotated.csv": "path,start,end,label\nmatch.mp4,0,0.6,goal\nnight.mp4,0.7,1.3,fall\n",
    "keys.txt": "a key\n", "detectors.py": DETECTOR, "study.yaml": STUDY,
}


def prepare(folder: Path) -> Path:
    """Clips of twelve classes, videos of several seconds, a trained run under several names, and lists."""
    small = synthetic_spec("motion", clips=60, frames=8, height=32, width=32)
    made = make(small, folder / "data" / "motion", workers=1)
    for name in ("clips", "other_clips"):
        shutil.copytree(made, folder / name)
        for extra in ("clips.csv", "truth.jsonl", "synthetic.json"):
            (folder / name / extra).unlink()
        for old, new in NAMES.items():
            (folder / name / old).rename(folder / name / new)
    clips = sorted((folder / "clips").glob("*/*.mp4"))
    frames_THWC = np.concatenate([open_video(path).read(range(8)) for path in clips])
    for name in VIDEOS:
        (folder / name).parent.mkdir(exist_ok=True)
        write_mp4(folder / name, frames_THWC[: 8 * (12 if name == "match.mp4" else 4)], FPS)
    shown = [(path, "a goal, at last") for path in sorted((folder / "clips" / "goal").glob("*.mp4"))]
    shown += [(path, "people #waving") for path in sorted((folder / "clips" / "wave").glob("*.mp4"))]
    captions = "".join(f'{path.relative_to(folder)},"{words}"\n' for path, words in shown)
    (folder / "captions.csv").write_text(f"video,caption\n{captions}", encoding="utf-8")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_set(folder, "boxes", [("stand", "walk"), ("wave", "stand"), ("walk", "wave")] * 2, 32, 0)
    train(Recipe(str(folder / "clips"), out=str(folder / "runs" / "first"), **TINY), CPU, quiet=True)
    train(Recipe(str(folder / "clips"), out=str(folder / "runs" / "causal"), causal=True, **TINY), CPU, quiet=True)
    evaluate(folder / "runs" / "first", machine=CPU, quiet=True)
    for name in RUNS[1:]:
        shutil.copytree(folder / "runs" / "first", folder / "runs" / name)
    shutil.copytree(Path(__file__).parents[2] / "recipes", folder / "recipes")
    return folder
