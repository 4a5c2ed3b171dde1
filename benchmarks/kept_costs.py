"""Counts what every listed network costs: writes kinema/evaluation/costs.json, which `kinema models` reads.

python -m benchmarks.kept_costs
"""

import json
from pathlib import Path

import kinema.evaluation.costs
from kinema import list_models
from kinema.evaluation.profile import profile
from kinema.progress import Progress

PLACE = Path(kinema.evaluation.costs.__file__).with_name(kinema.evaluation.costs.TABLE)


def main() -> None:
    """Count all of them, and write the table: a name a line."""
    names = sorted(list_models())
    lines = []
    with Progress("counting", len(names)) as bar:
        for name in names:
            cost = profile(name)
            lines.append(f"{json.dumps(name)}: {json.dumps([cost.parameters, cost.gmacs])}")
            bar.advance()
    PLACE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
