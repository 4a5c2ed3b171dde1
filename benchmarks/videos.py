"""The table of docs/videos.md: what kinema reads from each file of a folder.

    python benchmarks/videos.py ../shared/videos/zoo > docs/videos.md
"""

import sys
from pathlib import Path

from kinema.data.video import open_video
from kinema.errors import VideoError

HEAD = """# What is read from {count} awkward files

Made by `python benchmarks/videos.py ../shared/videos/zoo > docs/videos.md`. Frame k of a file is the k-th frame that
PyAV decodes from the first video stream that gives any, turned upright; reading any frames in any order gives these
very pixels (`tests/data/test_video_zoo.py`). {readable} files are read, {partly} of them in part; {failed} give an
error.

| file | frames | width x height | frames/s | remark |
|---|---|---|---|---|"""


def row(path: Path, root: Path) -> tuple[str, str]:
    """What became of a file (read, partly read, failed) and its row of the table."""
    name = str(path.relative_to(root))
    try:
        with open_video(path) as video:
            said = "; ".join(video.warnings)
            size = f"{video.width} x {video.height}"
            return "partly" if said else "read", f"| {name} | {len(video)} | {size} | {video.fps:.2f} | {said} |"
    except VideoError as error:
        return "failed", f"| {name} | - | - | - | error: {str(error).removeprefix(f'{path} ')} |"


def main(root: Path) -> None:
    """Print the table of all files below a folder, but for notes and licences."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    rows = [row(path, root) for path in files if path.suffix != ".md" and "LICENSE" not in path.name]
    kinds = [kind for kind, _ in rows]
    failed, partly = kinds.count("failed"), kinds.count("partly")
    print(HEAD.format(count=len(rows), readable=len(rows) - failed, partly=partly, failed=failed))
    print("\n".join(text for _, text in rows))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
