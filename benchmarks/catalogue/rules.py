"""Which network each entry of the table is: patterns over what the table says of it, the first that fits.

A pattern is looked for in "zoo | model | data set | configuration | file"; its groups go into the name.
"""

import re
from collections.abc import Mapping
from typing import Any

from benchmarks.catalogue.network import Found
from benchmarks.catalogue.tables import NETWORKS, REASONS
from kinema.models.published import PUBLISHED

FRAMES_IN_NAME = re.compile(r"[-_]u(\d+)[-_]|_(\d+)x(?:224|336)\.pyth|_f(\d+)s\d|f(\d+)x\d{3}")
IN_CONFIGURATION = re.compile(r"[-_](\d+)x(\d+)x1[-_]")  # frames, their stride, and one clip of them
SLOWFAST = re.compile(r"slowfast", re.IGNORECASE)


def networks(entry: Mapping[str, Any], dataset: str) -> Found:
    """The network of an entry."""
    file = (entry["url"] or "").rsplit("/", 1)[-1]
    text = " | ".join(str(entry[key] or "") for key in ("zoo", "model", "dataset", "config")) + f" | {file}"
    for pattern, reason in REASONS:
        if re.search(pattern, text):
            return Found(reason=reason)
    for pattern, model, options in NETWORKS:
        if match := re.search(pattern, text):
            facts = {key: value for key, value in options.items() if key in FIELDS}
            found = Found(match.expand(model).lower(), **facts)
            found.options = {key: value for key, value in options.items() if key not in FIELDS}
            complete(found, entry, text)
            return found
    return Found(reason="no network of kinema's is known to be this one")


FIELDS = {"classifier", "frames", "rate", "stride", "size", "sampling", "input", "bgr", "title"}


def complete(found: Found, entry: Mapping[str, Any], text: str) -> None:
    """What the name of a file or its configuration says of the clip."""
    if not entry["frames"] and (match := FRAMES_IN_NAME.search(text)):
        found.frames = int(next(filter(None, match.groups())))
    if not entry["sampling_rate"] and (match := IN_CONFIGURATION.search(text)):
        found.frames, found.stride = int(match[1]), int(match[2])
    frames, stride = entry["frames"] or found.frames, entry["sampling_rate"] or found.stride
    frames = found.frames if found.stride else frames
    if found.model.startswith("slowfast") and stride:
        found.rate = 8 if stride == 16 else 4
        fast = "_r50" if "resnet101-resnet50" in text.lower() else ""
        depth = found.model.rpartition("resnet")[2]
        name = f"slowfast_r{depth}{fast}_{frames}x{stride:g}"
        found.model = name if name in PUBLISHED else found.model
