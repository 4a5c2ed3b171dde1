"""What a clip, or a sentence, looks like to the network of an index."""

import numpy as np

from kinema.archive.found import Opener
from kinema.archive.look import unit
from kinema.archive.network import digest_of
from kinema.archive.search import Archive
from kinema.data.video import open_video
from kinema.errors import KinemaError, VideoError
from kinema.inference.recognizer import Recognizer
from kinema.inference.text import Encoder, is_encoder


def network_of(archive: Archive, device: str | None = None) -> Recognizer:
    """The network that wrote an index; KinemaError where it is another by now, or the index has no embeddings."""
    archive.check_embeddings()
    facts = archive.facts
    labels = facts.labels if is_encoder(facts.source) else ()
    recognizer = Opener(facts.source, device, window=facts.window_seconds, labels=labels)()
    if digest_of(recognizer.network) != facts.weights:
        raise KinemaError(f"{facts.source} has other weights than it had when {archive.store.place} was made, so its "
                          "embeddings mean something else. Index the videos again.")
    return recognizer


def embedding_of(recognizer: Recognizer, video: str) -> np.ndarray:
    """The mean embedding (D) of a video's windows."""
    with open_video(video) as frames:
        found = [unit(features_VD.mean(0).numpy()) for _, features_VD in recognizer.features(frames)]
    if not found:
        raise VideoError(f"{video} holds no frame that can be decoded.")
    return unit(np.mean(found, axis=0))


def embedding_of_sentence(recognizer: Recognizer, sentence: str) -> np.ndarray:
    """A sentence's embedding (D); KinemaError where the network knows no text."""
    encoder = recognizer.network.backbone
    if not isinstance(encoder, Encoder):
        raise KinemaError(f"{recognizer.network.name} knows no sentences; index the videos with an encoder of text, "
                          "such as --weights transformers:openai/clip-vit-base-patch32.")
    return encoder.sentences([sentence])[0].numpy()
