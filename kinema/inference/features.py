"""Each window of videos as a vector, for search, clustering or another classifier."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from kinema.data.video import open_video
from kinema.errors import KinemaError, VideoError, counted
from kinema.files import write_atomic
from kinema.inference.recognizer import Recognizer
from kinema.progress import Progress
from kinema.runs import Run


def features(
    run: str | PathLike[str] | Run | Recognizer, videos: Sequence[str | PathLike[str]], out: str | Path,
    device: str | None = None,
) -> Path:
    """Write a row for each window of each video: its video, start and end in seconds, and features (D, float32).

    out: features.npz (arrays video, start_seconds, end_seconds, features_ND) or features.parquet (the same as columns;
    needs the `parquet` extra). Videos that cannot be read are left out; once the others are written, a `VideoError`
    names them.
    """
    out = Path(out)
    if out.suffix not in (".npz", ".parquet"):
        raise KinemaError(f"Features are written as .npz or .parquet; {out.name} ends otherwise.")
    if out.suffix == ".parquet":
        _pyarrow()
    recognizer = run if isinstance(run, Recognizer) else Recognizer(run, device)
    names: list[str] = []
    times: list[tuple[float, float]] = []
    rows: list[np.ndarray] = []
    broken: list[str] = []
    with Progress("features", len(videos)) as bar:
        for path in videos:
            try:
                with open_video(path) as video:
                    for window, features_VD in recognizer.features(video):
                        names.append(str(path))
                        times.append((window.start_seconds, window.end_seconds))
                        rows.append(features_VD.mean(0).numpy())
            except VideoError as error:
                broken.append(str(error))
            bar.advance(1, counted(len(rows), "window"))
    if rows:
        write_atomic(out, lambda unfinished: _write(unfinished, out.suffix, names, np.array(times), np.stack(rows)))
    if broken:
        raise VideoError(f"{len(broken)} of {len(videos)} videos could not be read"
                         + (f" and are not in {out}: " if rows else ": ") + " ".join(broken[:5]))
    return out


def _write(path: Path, suffix: str, names: list[str], times_N2: np.ndarray, features_ND: np.ndarray) -> None:
    if suffix == ".parquet":
        arrow, parquet = _pyarrow()
        vectors = arrow.FixedSizeListArray.from_arrays(features_ND.astype(np.float32).ravel(), features_ND.shape[1])
        parquet.write_table(arrow.table({"video": names, "start_seconds": times_N2[:, 0], "end_seconds": times_N2[:, 1],
                                         "features": vectors}), path)
        return
    with path.open("wb") as file:
        np.savez_compressed(file, video=np.array(names, dtype=np.str_), start_seconds=times_N2[:, 0],
                            end_seconds=times_N2[:, 1], features_ND=features_ND.astype(np.float32))


def _pyarrow() -> tuple:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise KinemaError("Parquet needs pyarrow: pip install 'kinema[parquet]'. Or write features.npz.") from error
    return pyarrow, parquet
