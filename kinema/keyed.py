"""Random draws that depend on a key alone, so that resuming and worker counts change nothing."""

from hashlib import blake2b

import torch


def key_seed(*key: int | str) -> int:
    """A 63-bit seed that is a function of the key (seed, epoch, index, ...) alone, on every machine."""
    return int.from_bytes(blake2b(repr(key).encode(), digest_size=8).digest(), "big") >> 1


def keyed_generator(*key: int | str) -> torch.Generator:
    """A fresh generator for the draws that belong to the key."""
    return torch.Generator().manual_seed(key_seed(*key))
