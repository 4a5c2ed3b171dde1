"""Make kinema/weights/catalogue/checkpoints.json from a table of official checkpoints.

python -m benchmarks.catalogue ../shared/tables/checkpoints.json
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.catalogue.datasets import DATASETS, IN_FILES, LABELS
from benchmarks.catalogue.rules import networks
from benchmarks.catalogue.zoos import ZOOS, Known
from kinema.models.published import PUBLISHED

PLACE = Path(__file__).parents[2] / "kinema" / "weights" / "catalogue" / "checkpoints.json"
NO_FILE = "no direct file"


def slug(text: str) -> str:
    """Lower-case words and numbers with dashes between them."""
    text = text.lower().replace("(2+1)d", "2plus1d").replace("<br>", " ").replace("\\*", "")
    return re.sub(r"[^a-z0-9.]+", "-", text).strip("-")


def row_of(entry: dict[str, Any], known: Known) -> dict[str, Any]:
    """A checkpoint of the table as a row of the catalogue, its id still without a number."""
    said = next((name for word, name in IN_FILES.items() if word in (entry["url"] or "").rsplit("/", 1)[-1]), "")
    dataset = said or DATASETS.get(entry["dataset"] or "", slug(entry["dataset"] or "unknown"))
    found = networks(entry, dataset)
    labels = LABELS.get(f"{entry['zoo']} {dataset}", LABELS.get(dataset, ""))
    urls, problem = addresses(entry["url"], known)
    status, reason = ("loadable", "") if found.model else ("out of scope", found.reason)
    if found.model and problem:
        status, reason = NO_FILE, problem
    clip = known.clip(entry, found) if found.model else {}
    frames = f"{entry['frames']}x{entry['sampling_rate']:g}" if entry["sampling_rate"] else f"{entry['frames']}"
    title = slug(found.title or entry["model"])
    parts = [title, frames if entry["frames"] and not title.endswith(frames) else "", dataset,
             str(entry["crop"]) if entry["crop"] not in (None, 224, 256, 112) else ""]
    return {
        "id": f"{known.slug}/{'-'.join(part for part in parts if part)}", "zoo": entry["zoo"], "title": entry["model"],
        "status": status, "reason": reason, "model": published_name(found.model, found.options, clip),
        "options": found.options, "clip": clip, "dataset": dataset, "labels": labels,
        "classifier": found.classifier, "accuracy": entry["top1"], "metric": entry["metric"] or "top1",
        "views": entry["views"] or "", "licence": entry["license"] or "",
        "non_commercial": "NC" in (entry["license"] or "") and not entry["license"].startswith("Apache"),
        "urls": urls, "size": None, "hash": known.hash(entry), "note": entry["note"] or "",
    }


def published_name(model: str, options: dict[str, Any], clip: dict[str, Any]) -> str:
    """The name under which a network was published with this clip, where it has one."""
    for name, row in PUBLISHED.items():
        alike = row.model == model and dict(row.options) == options
        if alike and (row.frames, row.stride) == (clip["frames"], clip["stride"]):
            options.clear()
            return name
    return model


def addresses(url: str, known: Known) -> tuple[list[str], str]:
    """Where the file itself is to be had, or why it is not."""
    url = url.strip("() ")
    if drive := re.search(r"drive\.google\.com/(?:file/d/|open\?id=)([\w-]+)", url):
        return [f"https://drive.usercontent.google.com/download?id={drive[1]}&export=download&confirm=t"], ""
    if "drive.google.com/drive/folders" in url:
        return [url], "the address is a folder, not a file"
    if "dropbox.com" in url:
        return [url.partition("?")[0] + "?dl=1"], ""
    if re.fullmatch(r"https://huggingface\.co/[\w.-]+/[\w.-]+", url):
        return [f"{url}/resolve/main/{name}" for name in ("model.safetensors", "pytorch_model.bin")], ""
    return [url], known.problem


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with an id each: those that share one are numbered in their order."""
    shared = Counter(row["id"] for row in rows)
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row["id"]] += 1
        if shared[row["id"]] > 1 and seen[row["id"]] > 1:
            row["id"] += f"-{seen[row['id']]}"
    return rows


if __name__ == "__main__":
    table = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    rows = numbered([row_of(entry, ZOOS[entry["zoo"]]) for entry in table])
    assert len({row["id"] for row in rows}) == len(rows)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    PLACE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(Counter(row["status"] for row in rows), "of", len(rows))
    for zoo in ZOOS:
        print(f"{zoo:22}", dict(Counter(row["status"] for row in rows if row["zoo"] == zoo)))
