"""Finding moments in an index: by a label, or by what they look like. Axes: D features."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Self

import numpy as np

from kinema.archive.engine import database, parquet, readable
from kinema.archive.facts import read_facts
from kinema.archive.store import Store
from kinema.archive.tables import WINDOWS, files_of, segments
from kinema.data.labels import label_key
from kinema.errors import KinemaError, nearest, some

WIDER = 10  # times as many rows are looked at where moments are to be apart


@dataclass(frozen=True)
class Moment:
    """A window of a video, in its own clock, and how well it fits."""

    video: str
    start_seconds: float
    end_seconds: float
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


class Archive:
    """An index, open for questions: `with Archive("index/") as archive: archive.search("open door", 0.8)`."""

    def __init__(self, place: str | Path) -> None:
        self.store = Store(place)
        self.facts = read_facts(self.store)
        self.windows = files_of(self.store, WINDOWS)
        if not self.windows:
            raise KinemaError(f"{place} holds no window yet: no video has been indexed.")

    def __enter__(self) -> Self:
        self.held = database(self.store)
        self.connection = self.held.__enter__()
        # what is read of a file's end, where its parts are, is kept for the next question
        self.connection.execute("SET parquet_metadata_cache = true")
        with readable(self.store):
            self.segments = parquet(self.store, [segments(self.store)])
        return self

    def __exit__(self, *error: Any) -> None:
        self.held.__exit__(*error)

    def label(self, name: str) -> str:
        """A label of the index as it is written there; KinemaError, with the nearest, where there is none."""
        labels = {label_key(each): each for each in self.facts.labels}
        if not labels:
            raise KinemaError(f"{self.store.place} has no labels; index the videos with --labels, or ask for a "
                              f"sentence: kinema archive like {quote(self.store.place)} --text {quote(name)}.")
        if label_key(name) not in labels:
            hint = nearest(label_key(name), labels) or f" Labels: {some(self.facts.labels)}."
            raise KinemaError(f"No label of {self.store.place} is called {name!r}.{hint}")
        return labels[label_key(name)]

    def search(self, label: str, min_score: float = 0.0, limit: int = 20, apart: bool = False) -> list[Moment]:
        """The windows with a label, the best first; scores below those that the index keeps are not in it.

        apart: leave out a window that overlaps a better one.
        """
        return self.best(
            f"SELECT video, start_seconds, end_seconds, score FROM {self.segments} "
            "WHERE label = ? AND score >= CAST(? AS FLOAT)", [self.label(label), min_score], limit, apart)

    def check_embeddings(self) -> None:
        """KinemaError where the index has no embeddings."""
        if not self.facts.dimensions:
            raise KinemaError(f"{self.store.place} holds no embeddings; index the videos with --embeddings.")

    def like(self, embedding_D: np.ndarray, limit: int = 20, apart: bool = True) -> list[Moment]:
        """The windows whose embeddings are nearest to one of length 1, by the cosine; every window is compared."""
        self.check_embeddings()
        if len(embedding_D) != self.facts.dimensions:
            raise KinemaError(f"An embedding of {len(embedding_D)} numbers came; those of {self.store.place} have "
                              f"{self.facts.dimensions}.")
        return self.best(
            "SELECT video, start_seconds, end_seconds, list_dot_product(embedding, CAST(? AS FLOAT[])) AS score "
            f"FROM {parquet(self.store, self.windows)}", [embedding_D.tolist()], limit, apart)

    def best(self, query: str, values: list[Any], limit: int, apart: bool) -> list[Moment]:
        """The best rows of a query, all of them or those that overlap none before: then more rows are looked at."""
        rows = limit
        while True:
            rows *= WIDER if apart else 1
            with readable(self.store):
                found = self.connection.execute(
                    f"{query} ORDER BY score DESC, video, start_seconds LIMIT {rows}", values).fetchall()
            kept = first((Moment(*row) for row in found), limit, apart)
            if not apart or len(kept) == limit or len(found) < rows:
                return kept


def first(found: Iterable[Moment], limit: int, apart: bool) -> list[Moment]:
    """The first moments, all of them or those that overlap none before."""
    kept: list[Moment] = []
    for moment in found:
        if len(kept) == limit:
            break
        if not apart or not overlapping(moment, kept):
            kept.append(moment)
    return kept


def overlapping(moment: Moment, others: Sequence[Moment]) -> bool:
    """Whether a moment shares time with one of some others of its video."""
    return any(other.video == moment.video and moment.start_seconds < other.end_seconds
               and other.start_seconds < moment.end_seconds for other in others)
