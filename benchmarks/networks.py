"""Compare every network of the published study with what was published: `python benchmarks/networks.py`.

Writes docs/networks.md. The study is that of Chen et al. (arXiv:2010.11757); tests/reference/mini_benchmark.csv has its
figures.
"""

import csv
from pathlib import Path

from kinema.evaluation.profile import profile

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "tests" / "reference" / "mini_benchmark.csv"
PAGE = ROOT / "docs" / "networks.md"
SIZE = 224  # pixels across a clip

HEAD = """# What the networks cost, beside what was published

Made by `python benchmarks/networks.py`. The published figures are those of the study by Chen et al. (arXiv:2010.11757)
on Mini-SSV2 (87 classes) and Mini-Kinetics (200 classes), for clips of 224 x 224 pixels. GMACs are billions of
multiply-adds of one clip.

{summary}

- Parameters are equal to the last digit.
- GMACs differ by the classifier, which the study leaves out: at most {typical:.3%}.
- i3d-inception_v1 without `-tp` is the one exception. Below 64 frames the study lists up to 0.7 % less than its own
  code needs, which agrees with ours.

"""
COLUMNS = ("network", "classes", "frames", "parameters", "published", "GMACs", "published", "difference")


def main() -> None:
    """Count every row of the study's table, and write the page."""
    lines, gaps, equal = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * 3}{'---:|' * 5}"], {}, 0
    with TABLE.open() as table:
        for row in csv.DictReader(table):
            cost = profile(row["name"], int(row["frames"]), SIZE, classes=int(row["classes"]))
            published = int(row["multiply_adds"]) / 1e9
            gaps[row["name"], row["classes"], row["frames"]] = gap = cost.gmacs / published - 1
            equal += cost.parameters == int(row["parameters"])
            cells = (row["name"], row["classes"], row["frames"], f"{cost.parameters:,}", f"{int(row['parameters']):,}",
                     f"{cost.gmacs:.3f}", f"{published:.3f}", f"{gap:+.4%}")
            lines.append(f"| {' | '.join(cells)} |")
    typical = max(abs(gap) for (name, *_), gap in gaps.items() if name != "i3d-inception_v1")
    close = sum(abs(gap) <= 1e-3 for gap in gaps.values())
    summary = f"Of {len(gaps)} rows, {equal} have equal parameters and {close} the published GMACs within 0.1 %."
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(HEAD.format(summary=summary, typical=typical) + "\n".join(lines) + "\n", encoding="utf-8")
    print(summary, f"Written to {PAGE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
