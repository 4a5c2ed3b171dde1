"""What wrote an index, in its archive.json."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from shlex import quote

from kinema.archive.store import Store
from kinema.errors import KinemaError
from kinema.files import write_json

FILE, VERSION = "archive.json", 2


@dataclass(frozen=True)
class Facts:
    """The network of an index by its source and a digest of its weights, its labels, and what is kept of a window.

    dimensions: of an embedding; 0 where none are kept.
    """

    version: int
    source: str
    network: str
    weights: str
    precision: str
    labels: tuple[str, ...]
    window_seconds: float
    views: int
    top: int
    floor: float
    dimensions: int


def read_facts(store: Store) -> Facts:
    """What wrote the index in a store; KinemaError where there is none, or one of another version."""
    text = store.read(FILE)
    if text is None:
        raise KinemaError(f"{store.place} is no archive's index: it has no {FILE}. "
                          f"`kinema archive index RUN VIDEOS --out {quote(store.place)}` makes one.")
    try:
        values = json.loads(text)
        if values["version"] != VERSION:
            raise KinemaError(f"{store.place} is an index of version {values['version']}; this kinema reads version "
                              f"{VERSION}. Make it anew.")
        return Facts(**{**values, "labels": tuple(values["labels"])})
    except (ValueError, TypeError, KeyError) as error:
        raise KinemaError(f"{store.where(FILE)} is damaged: {error}.") from error


def begin(store: Store, facts: Facts) -> None:
    """Write the facts of a new index; KinemaError where an index is there that was made otherwise."""
    if not store.exists(FILE):
        store.write(FILE, lambda path: write_json(Path(path), asdict(facts)))
        return
    before = read_facts(store)
    for name in (each.name for each in fields(Facts) if each.name != "source"):
        was, now = getattr(before, name), getattr(facts, name)
        if was != now:
            if name == "dimensions" and 0 in (was, now):
                raise KinemaError(f"{store.place} was begun with{'' if was else 'out'} --embeddings: go on "
                                  f"{'with them' if was else 'without'}, or choose another folder with --out.")
            told = "" if name in ("weights", "labels") else f": {was}, not {now}"
            raise KinemaError(f"{store.place} was made by {before.source} with other {name.replace('_', ' ')}{told}. "
                              "Go on as it was begun, or choose another folder with --out.")
