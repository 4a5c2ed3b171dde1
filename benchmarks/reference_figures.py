"""Copy the figures that the tests of published weights need from parity vectors into tests/reference/parity.

python benchmarks/reference_figures.py ../shared/parity/vectors/tin_resnet50_f8.json.gz ...
"""

import gzip
import json
import sys
from pathlib import Path

PLACE = Path(__file__).parents[1] / "tests" / "reference" / "parity"
KEPT = ("id", "peer", "commit", "rule", "aliases", "params_total", "flops_at_input", "logits", "logits_float64")
GRADIENT = ("mean_abs", "per_frame_mean_abs", "first8")


def figures(vector: dict) -> dict:
    """What is kept of a vector; a weight's name comes with its shape."""
    return {
        **{name: vector.get(name) for name in KEPT},
        "keys": {name: shape for name, (shape, _) in vector["keys"].items()},
        "const": [*vector["const"]],
        "gradient": {key: value for key, value in (vector["grad_sum_logits_wrt_x"] or {}).items() if key in GRADIENT},
        "temporal": vector["temporal"],
        "shape_NCTHW": vector["input"]["shape_NCTHW"],
        "logits_std": vector["stats"]["logits_std"],
        "input_first4": vector["input"]["check"]["first4"],
        "weights_sum": vector["weights_check"]["sum"],
    }


if __name__ == "__main__":
    for source in map(Path, sys.argv[1:]):
        found = figures(json.loads(gzip.decompress(source.read_bytes())))
        (PLACE / source.name).write_bytes(gzip.compress(json.dumps(found).encode(), mtime=0))
