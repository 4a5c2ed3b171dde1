"""The course of a training: csv files and, where it is installed, TensorBoard."""

import csv
import math
from pathlib import Path
from typing import Any

import torch

from kinema.errors import RunError


class CsvLog:
    """A csv that grows by a row at a time; a resumed run first drops the rows it will write again."""

    def __init__(self, path: Path, columns: tuple[str, ...], done_steps: int) -> None:
        self.path, self.columns = path, columns
        rows = [row for row in read_csv(path) if int(row["step"]) <= done_steps]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows({name: row.get(name, "") for name in columns} for row in rows)

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Write rows."""
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self.columns).writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    """All whole rows of a csv; none where there is no file. A row that a kill cut short is left out."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            row
            for row in csv.DictReader(file)
            if None not in row and None not in row.values() and row["step"].isdigit()
        ]


class Board:
    """Curves for TensorBoard, under the run's folder; without the `tensorboard` extra nothing is written."""

    def __init__(self, folder: Path, step: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self.writer = None
        else:
            self.writer = SummaryWriter(str(folder), purge_step=step)

    def add(self, step: int, **values: float | None) -> None:
        """Add a point to each curve."""
        for name, value in values.items():
            if self.writer is not None and value is not None:
                self.writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write out what is left."""
        if self.writer is not None:
            self.writer.close()


class RunLog:
    """What a training writes down: every step in log.csv, every epoch in epochs.csv, and the curves.

    Losses stay on the device until `flush`, so that writing them down never waits for a step. `measure` is what is
    written down beside them, a share of 1.
    """

    def __init__(self, folder: Path, done_steps: int, per_epoch: int, measure: str = "accuracy") -> None:
        self.per_epoch, self.measure = per_epoch, measure
        self.steps = CsvLog(folder / "log.csv", ("step", "epoch", "lr", "loss", measure), done_steps)
        self.epochs = CsvLog(folder / "epochs.csv", ("epoch", "step", "loss", measure, "validation"), done_steps)
        self.board = Board(folder / "tensorboard", done_steps)
        self.waiting: list[tuple[int, float, torch.Tensor, torch.Tensor]] = []

    def step(self, step: int, lr: float, loss: torch.Tensor, measured: torch.Tensor) -> None:
        """One optimiser step, with what all of its clips gave."""
        self.waiting.append((step, lr, loss, measured))

    def flush(self) -> str:
        """Write the steps that wait; return the last loss in words. A loss that is no number stops the training."""
        rows: list[dict[str, Any]] = [
            {
                "step": step,
                "epoch": (step - 1) // self.per_epoch,
                "lr": f"{lr:.6g}",
                "loss": f"{float(loss):.6g}",
                self.measure: f"{float(measured):.4f}",
            }
            for step, lr, loss, measured in self.waiting
        ]
        self.waiting = []
        self.steps.add(rows)
        for row in rows:
            values = {name: float(row[name]) for name in ("loss", self.measure, "lr")}
            self.board.add(row["step"], **values)
            if not math.isfinite(float(row["loss"])):
                raise RunError(
                    f"The loss became {row['loss']} at step {row['step']} (learning rate {row['lr']}). Try a "
                    f"lower --lr, a longer --warmup or --clip-gradient 1; the last checkpoint is kept."
                )
        return f"loss {float(rows[-1]['loss']):.3f}" if rows else ""

    def epoch(self, step: int, validation: float | None) -> str:
        """One epoch, from the steps written down; return it in words."""
        epoch = (step - 1) // self.per_epoch
        rows = [row for row in read_csv(self.steps.path) if int(row["epoch"]) == epoch]
        loss, measured = (sum(float(row[name]) for row in rows) / len(rows) for name in ("loss", self.measure))
        self.epochs.add(
            [
                {
                    "epoch": epoch,
                    "step": step,
                    "loss": f"{loss:.6g}",
                    self.measure: f"{measured:.4f}",
                    "validation": "" if validation is None else f"{validation:.4f}",
                }
            ]
        )
        self.board.add(step, validation=validation)
        words = f"epoch {epoch + 1}: loss {loss:.3f}, training {self.measure} {measured:.1%}"
        return words if validation is None else f"{words}, validation {validation:.1%}"

    def close(self) -> None:
        """Write out what is left."""
        self.board.close()
