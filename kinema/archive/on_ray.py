"""Many videos looked at on a Ray cluster, by Ray Data: its actors, its GPUs, its autoscaling."""

import logging
import os
import pickle
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from kinema.archive.found import Kept, Looked, Opener, Patience
from kinema.archive.hands import Hand
from kinema.cluster import join
from kinema.errors import KinemaError

MOST_BLOCKS = 5000  # parts that the list of videos is cut into: what is in one comes back together


class OnRay:
    """An actor: a process of its own looks at videos, so that a crash costs one video and not the actor."""

    def __init__(self, opener: Opener, kept: Kept, patience: Patience, folder: str) -> None:
        os.chdir(folder)
        self.hand = Hand(opener, kept, patience)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Look at a video."""
        return {"looked": pickle.dumps(self.hand(os.fsdecode(row["video"])))}


def look_on_ray(
    videos: Sequence[str], opener: Opener, kept: Kept, patience: Patience, address: str, processes: int | None
) -> Iterator[Looked]:
    """What is found in each video, as it comes; each of the `processes` has a GPU where the cluster has any.

    processes: None: as many as the cluster has room for, while it grows and shrinks.
    """
    ray, gpus, processors = join(address, "cpu" if opener.device == "cpu" else "auto")
    data = import_module("ray.data")
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # it tells its plan, and where its logs are
    blocks = min(len(videos), MOST_BLOCKS)
    listed = data.from_items([{"video": os.fsencode(video)} for video in videos], override_num_blocks=blocks)
    crew = {"size": processes} if processes else {"min_size": 1, "max_size": gpus or processors}
    looked = listed.map(
        OnRay, fn_constructor_args=(opener, kept, patience, os.getcwd()), compute=data.ActorPoolStrategy(**crew),
        num_gpus=1 if gpus else 0, num_cpus=1,
    )
    try:
        for row in looked.iter_rows():
            yield pickle.loads(row["looked"])
    except ray.exceptions.RayError as error:
        raise KinemaError(f"The Ray cluster stopped: {' '.join(str(error).split())[-500:]}") from error
    finally:
        ray.shutdown()
