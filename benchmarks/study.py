"""`make study`: a small version of the grid of Chen et al. (arXiv:2010.11757) on made-up clips; writes docs/study.md.

python benchmarks/study.py [.study] [--processes 2] [--page]

Makes the data, trains and judges every run of recipes/study.yaml once (two at a time, one thread each), draws the
figures, and says of each published finding whether it holds. The same command goes on where it stopped. With --page it
trains nothing, and writes the page of the runs that are there.
"""

import argparse
import csv
import json
import random
import shutil
import subprocess
import time
from pathlib import Path
from threading import Event, Thread

from kinema.data.synthetic import make, synthetic_spec
from kinema.files import write_json
from kinema.machine import Machine
from kinema.study.claims import Claim, Part, judge
from kinema.study.figures import draw
from kinema.study.findings import Verdict, findings, markdown
from kinema.study.grid import Study, read_study
from kinema.study.measure import Table
from kinema.study.results import read_results
from kinema.study.rows import rows_of
from kinema.study.run import run_study

ROOT = Path(__file__).parents[1]
GRID, PAGE = ROOT / "recipes" / "study.yaml", ROOT / "docs" / "study.md"
LOOK = {"frames": 36, "height": 48, "width": 48, "difficulty": 0.0, "seed": 0, "test_fraction": 0.25}
SETS = {"order": ("motion", 1800), "change": ("change", 1200), "scene": ("scene", 960)}
LISTS = {"motion": ("order", "change"), "scene": ("scene",)}
TAM = (60.0, 85.0)  # percent: neither too hard for a network that sees time nor too easy
FEW = 0.3  # of the training side's sources


def make_data(folder: Path) -> None:
    """The clips, and lists of them; `motion` has the classes of order and of change, `-few` a part of the clips."""
    for name, (kind, clips) in SETS.items():
        look = LOOK | ({"difficulty": 0.3} if kind == "scene" else {})
        make(synthetic_spec(kind, clips=clips, **look), folder / name)
    for name, parts in LISTS.items():
        rows = [row | {"path": f"{part}/{row['path']}", "source": f"{part}/{row['source']}"} for part in parts
                for row in csv.DictReader((folder / part / "clips.csv").read_text(encoding="utf-8").splitlines())]
        write_list(folder / f"{name}.csv", rows)
        kinds: dict[str, set[str]] = {}  # the sources that hold the same classes
        for source in {row["source"] for row in rows if row["split"] == "train"}:
            kinds.setdefault(str(sorted({row["label"] for row in rows if row["source"] == source})), set()).add(source)
        kept = {source for several in kinds.values()
                for source in random.Random(0).sample(sorted(several), round(FEW * len(several)) or 1)}
        few = [row for row in rows if row["split"] != "train" or row["source"] in kept]
        write_list(folder / f"{name}-few.csv", few)


def write_list(path: Path, rows: list[dict[str, str]]) -> None:
    """Write a list of clips, if it is not there: a run remembers its list by path."""
    if path.is_file():
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


class Spent:
    """How long this command has run in all, over all times it was started; kept every few seconds, a kill or not."""

    def __init__(self, path: Path) -> None:
        self.path, self.ended, self.started = path, Event(), time.monotonic()
        self.before = json.loads(path.read_text(encoding="utf-8"))["seconds"] if path.is_file() else 0.0

    @property
    def seconds(self) -> float:
        """So far."""
        return self.before + time.monotonic() - self.started

    def __enter__(self) -> "Spent":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        Thread(target=self.keep, daemon=True).start()
        return self

    def keep(self) -> None:
        """Write it down until the end."""
        while not self.ended.wait(5):
            write_json(self.path, {"seconds": self.seconds})

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        write_json(self.path, {"seconds": self.seconds})


def grid_of(study: Study) -> list[str]:
    """The grid in lines: networks on the same data and clips together."""
    found: dict[tuple[str, int, str, int, str], dict[str, int]] = {}
    for recipe in study.recipes:
        key = (Path(recipe.data).stem, recipe.frames, recipe.sampling, recipe.epochs, recipe.input)
        name = recipe.model + (f" {recipe.where}" if recipe.where != "all" else "")
        name += f" depth={recipe.options['depth']}" if "depth" in recipe.options else ""
        found.setdefault(key, {})[name] = found.get(key, {}).get(name, 0) + 1
    lines = ["| data | frames | sampling | epochs | input | networks |", "|" + " --- |" * 6]
    return lines + ["| " + " | ".join(map(str, key)) + " | " + ", ".join(names) + " |" for key, names in found.items()]


def write_page(
    study: Study, table: Table, verdicts: list[Verdict], drawn: list[Path], left_out: dict[str, str], seconds: float
) -> None:
    """Write docs/study.md, and the figures beside it."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    done = sum(rows_of(recipe, study.protocols_of(recipe), {}) is not None for recipe in study.recipes)
    setting = judge(Part("tam on `motion`, percent", Claim(*TAM), lambda: table.accuracy("motion", "tam")))
    counts = {word: sum(one.verdict == word for one in verdicts) for word in ("holds", "does not hold", "undecided")}
    figures = PAGE.parent / "study"
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir()
    shown = [Path(shutil.copy(path, figures)) for path in drawn if path.suffix == ".png"]
    text = f"""# The study of `make study`

Made by `make study` ({done} of {len(study.recipes)} runs, {seconds / 60:.0f} minutes in all; commit
{commit.stdout.strip()}, {time.strftime("%Y-%m-%d")}). The clips are made up (docs/synthetic.md), the networks tiny
(`resnet_tiny`, 32 pixels): what holds here is a fact about these, and no more than a hint for others.

`motion` has twelve classes that only the order of frames tells apart (`order`) and eight that several frames tell apart
in any order (`change`); each network learns all twenty. The recipe was chosen on clips of the training side, so that
tam would be right about 60 to 85 % of `motion`; on the test side: {setting.text}.
In `scene` the place tells the class. `-few` have three tenths of the clips to train on. Every network has three seeds.

## Findings
{", ".join(f"{count} {word}" for word, count in counts.items())}. Each number is measured once a seed, in pairs; its
95 % interval adds Student's over the seeds and the bootstrap over the test videos' sources, as the sides of a right
angle. A part holds if its interval lies inside what is claimed, does not hold if it lies outside altogether, and is
else undecided. A finding holds if all of its parts do, and does not if one does not. Margins were set before any run.
Numbers are points of top-1 unless they say otherwise.

{markdown(verdicts)}
What tsn sees of order with temporal pooling comes from how frames are pooled: by three with a stride of two, eight
frames are not treated alike from both ends. Nine are, and a clip and its reverse then get the same answer
(`tests/models/test_networks.py`).

## Figures

{chr(10).join(f"![{path.stem}](study/{path.name})" for path in shown)}

{chr(10).join(path.read_text(encoding="utf-8") for path in drawn if path.suffix == ".md")}
## The grid
`recipes/study.yaml`; at 16 frames networks go on from those of 8 frames, as in the paper (so they have had the two more
epochs as well as the longer input), but c3d, which begins anew.

{chr(10).join(grid_of(study))}

Left out: {"; ".join(f"{name} ({why})" for name, why in left_out.items()) or "nothing"}.
"""
    PAGE.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, default=Path(".study"))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--page", action="store_true", help="only write the page")
    asked = parser.parse_args()
    study = read_study(GRID, asked.out / "runs")
    spent = Spent(asked.out / "spent.json")
    if not asked.page:
        with spent:
            make_data(asked.out / "data")
            run_study(study, asked.out / "runs", asked.processes, machine=Machine(accelerator="cpu"))
    seconds = spent.seconds if not asked.page else spent.before
    rows = read_results(asked.out / "runs" / "results.csv")
    drawn, left_out = draw(rows, asked.out / "figures")
    table = Table(rows)
    verdicts = findings(table)
    write_page(study, table, verdicts, drawn, left_out, seconds)
    print(markdown(verdicts))
    print(f"Figures: {asked.out / 'figures'}; the page: {PAGE}")


if __name__ == "__main__":
    main()
