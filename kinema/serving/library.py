"""A folder of videos on the server's own disk, whose files may be asked about by name."""

from dataclasses import dataclass
from pathlib import Path

from kinema.errors import KinemaError, nearest
from kinema.serving.problems import ProblemError, absent

ENDINGS = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".3gp", ".ogv"}
MOST = 5000  # names that are listed


@dataclass(frozen=True)
class Library:
    """The videos under a folder; without a folder there are none."""

    folder: Path | None

    def __post_init__(self) -> None:
        if self.folder is not None and not self.folder.is_dir():
            raise KinemaError(f"There is no folder {self.folder} of videos (--library).")

    def names(self) -> list[str]:
        """The videos, by their paths under the folder."""
        if self.folder is None:
            return []
        found = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*")
                 if path.suffix.lower() in ENDINGS and path.is_file())
        return sorted(found)[:MOST]

    def find(self, name: str) -> Path:
        """The file of a name; ProblemError where there is none, or where it lies elsewhere."""
        if self.folder is None:
            raise ProblemError(404, "no_library", "This server has no library.", "Upload the video, or start the "
                               "server with --library FOLDER.")
        path = (self.folder / name.replace("\0", "")).resolve()
        if not path.is_relative_to(self.folder.resolve()) or path.suffix.lower() not in ENDINGS or not is_file(path):
            raise absent("video", name, nearest(name, self.names()).strip())
        return path


def is_file(path: Path) -> bool:
    """Whether a file is there; a name that no file can have has none."""
    try:
        return path.is_file()
    except OSError:
        return False
