"""Ways in which people and published sets list labelled clips; each is a module with `recognises` and `read`."""

from pathlib import Path
from types import ModuleType

from kinema.data.clips import ClipTable
from kinema.data.formats import folder, table_csv
from kinema.errors import DataError, nearest

FORMATS: dict[str, ModuleType] = {
    "csv": table_csv,
    "folder": folder,
}


def recognise(place: Path) -> str:
    """The one format whose names and first lines the folder or file has. DataError: none has, or several have."""
    found = [name for name, form in FORMATS.items() if form.recognises(place)]
    if len(found) == 1 or "csv" in found[:1]:  # a clips.csv is there to say what the folders do not
        return found[0]
    if found:
        raise DataError(f"{place}: could be {' or '.join(found)}. Say which: format={found[0]!r}.")
    if place.is_dir():
        return "folder"  # whose reader says best what is missing
    raise DataError(f"{place}: is no list that is known by its content. Expected a csv with the columns path,label, "
                    f"or say which format it is: {', '.join(FORMATS)}.")


def read(place: Path, format: str | None, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read `place` with the format of that name, or with the one that it is recognised as."""
    if not place.exists():
        there = [path.name for path in place.parent.iterdir()] if place.parent.is_dir() else []
        raise DataError(f"{place}: there is no such file or folder. {nearest(place.name, there)}".rstrip())
    name = format or recognise(place)
    if name not in FORMATS:
        raise DataError(f"No format is called {name!r}. {nearest(name, FORMATS)} Formats: {', '.join(FORMATS)}.")
    return FORMATS[name].read(place, labels, root)
