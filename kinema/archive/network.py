"""The network of an index, told from all others."""

from hashlib import blake2b

from kinema.archive.facts import VERSION, Facts
from kinema.archive.found import Kept
from kinema.inference.bank import add_weights
from kinema.inference.recognizer import Recognizer
from kinema.models import Network


def facts_of(source: str, recognizer: Recognizer, kept: Kept) -> Facts:
    """What an index that this network writes is made of."""
    network = recognizer.network
    dimensions = network.classifier.in_features if kept.embeddings else 0
    return Facts(VERSION, source, network.name, digest_of(network), recognizer.asked[1], recognizer.labels,
                 recognizer.window_seconds, recognizer.views, kept.top, kept.floor, dimensions)


def digest_of(network: Network) -> str:
    """What tells a network with its weights and its clip from all others."""
    found = blake2b(f"{network.name} {network.clip.to_dict()}".encode(), digest_size=16)
    add_weights(found, network)
    return found.hexdigest()
