"""What a clip looks like to the network of an index."""

import numpy as np

from kinema.archive.look import unit
from kinema.archive.network import digest_of
from kinema.archive.search import Archive
from kinema.data.video import open_video
from kinema.errors import KinemaError, VideoError
from kinema.inference.recognizer import Recognizer


def embedding_of(archive: Archive, video: str, device: str | None = None) -> np.ndarray:
    """The mean embedding (D) of a video's windows, by the network that wrote the index.

    KinemaError: the index has no embeddings, its network is no longer where it was, or is another by now.
    """
    facts = archive.facts
    archive.check_embeddings()
    recognizer = Recognizer(facts.source, device, window=facts.window_seconds)
    if digest_of(recognizer.network) != facts.weights:
        raise KinemaError(f"{facts.source} has other weights than it had when {archive.store.place} was made, so its "
                          "embeddings mean something else. Index the videos again.")
    with open_video(video) as frames:
        found = [unit(features_VD.mean(0).numpy()) for _, features_VD in recognizer.features(frames)]
    if not found:
        raise VideoError(f"{video} holds no frame that can be decoded.")
    return unit(np.mean(found, axis=0))
