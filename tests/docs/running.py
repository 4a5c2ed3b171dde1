"""Which statements of the documentation are run, and with what, so that two processors do them in a minute.

A large network is replaced by the tiny one of its kind, and a training takes one epoch; all else is run as written.
"""

import ast
import re
from collections.abc import Iterator

NOT_RUN = {  # what a statement has in it, and why it is not run here
    r"^(git|make|pip|\.) ": "builds an environment; .ci/run does",
    r"rtsp://|/dev/video0": "a camera: tests/live",
    r"^kinema serve|^curl|^schemathesis": "a server: tests/serving",
    r"--ray |s3://|^torchrun|--devices 4": "a cluster, or several machines",
    r"weights get|^kinema recognize +match\.mp4|--labels \"|--text|transformers:|pretrained=": "weights are fetched",
    r"(weights adopt|--weights) [a-z0-9]+/|runs/official|--start (?!runs)[a-z]+/|probe (?!runs)[a-z]+/":
        "official weights are fetched",
    r"download\.p|from_checkpoint|imagenet\.pth|videomae\.pth|mine\.safetensors|load_weights|\.pt\"":
        "a file of weights that somebody has",
    r"ava_|runs/ava|my_detector|frame_map\(|ultralytics|yolo|YOLO":
        "AVA's lists, a detector of people: tests/detection",
    r"something-v2|charades/|ucf101/|mini-ssv2|surv-fight|runs/fold0|paper/study": "published data sets",
    r"own/results|sweep\.yaml|weak-100": "tables and lists of one's own",
    r"^kinema expand +clips": "many trainings: tests/expansion",
    r"--method umap|^duckdb|^kinema pretrain|int8": "programs that are not here, or minutes",
    r"runs/vit|-vit_|runs/masked|videomae|two_stream": "minutes of one processor",
    r"Watcher": "goes on for ever: tests/live",
}
SMALLER = {  # what a statement has in it, and what it is run with
    r"\b([a-z0-9_+]+)-resnet(?:18|50)\b(?!-tp|-imagenet)": r"\1-resnet_tiny",
    r"\br3d_18\b": "r3d-resnet_tiny", r"slowfast-resnet_tiny": "slow-resnet_tiny",
    r'Recipe\("clips/"': 'Recipe("clips/", epochs=1, size=32',
    r"--engine auto": "--engine torch", r'engine="auto"': 'engine="torch"',  # the others are built, then timed
    r"000000\.\.000003": "000000..000000",
    r"clips=1200": "clips=24",
}
ALWAYS = {  # options that a command gets beside its own
    "train": "--restart --epochs 1 --frames 4 --size 32 --workers 0 --accelerator cpu",
    "detect train": "--restart --epochs 1 --frames 4 --size 32 --workers 0",
    "data make": "--clips 24 --frames 8 --size 32",
    "timeline-train": "--per-class 2 --overlap 2", "data labels": "--least 1",
    "probe": "--workers 0", "evaluate": "--workers 0", "compare": "", "temporal": "--workers 0", "fuse": "--workers 0",
    "profile --pipeline": "--steps 2 --workers 0 --frames 4 --size 32",
}


def why_not(statement: str) -> str | None:
    """Why a statement is not run; None where it is."""
    return next((reason for pattern, reason in NOT_RUN.items() if re.search(pattern, statement)), None)


def smaller(statement: str) -> str:
    """A statement with small networks and short trainings."""
    for pattern, instead in SMALLER.items():
        statement = re.sub(pattern, instead, statement)
    for command, given in ALWAYS.items():
        if re.match(rf"kinema +{command.replace(' ', ' +')}\b", statement):
            return f"{statement} {given}"
    return statement


def python_statements(text: str) -> Iterator[str]:
    """The statements of a block of Python, one at a time."""
    for statement in ast.parse(text).body:
        yield ast.get_source_segment(text, statement) or ""
