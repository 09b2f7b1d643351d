"""The files of a fit: weights, metrics, and what a session needs besides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from insilico_gui.fitting import Writers
from insilico_wang2025.runs import NETWORK_FILE, RUN_FORMAT, UNITS_FILE

if TYPE_CHECKING:
    import pandas as pd

    from insilico_wang2025.fitting.fitting_task import Wang2025Task

BEST = "best_state_dict.pth"


def weights_writers(task: Wang2025Task, name: str) -> Writers:
    """The weights as they are now, and the description that opens them."""

    def write_weights(path: Path) -> None:
        tensors = {
            key: value.detach().cpu().clone()
            for key, value in task.network.state_dict().items()
        }
        torch.save(tensors, path)

    def write_network(path: Path) -> None:
        about = {
            "format": RUN_FORMAT,
            "version": 1,
            "sizes": task.network.sizes.plain(),
            "units": task.data.units,
            "weights": task.outputs.state_dict,
            "best": BEST,
            "core_files": task.settings["core_files"],
            "data": task.data.fingerprint,
        }
        path.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")

    writers: dict[str, Any] = {name: write_weights, NETWORK_FILE: write_network}
    table = task.data.unit_table()
    if table is not None:

        def write_units(path: Path) -> None:
            table.to_csv(path, index=False)

        writers[UNITS_FILE] = write_units
    return writers


def metrics_writers(task: Wang2025Task, curves: pd.DataFrame) -> Writers:
    """Metrics of all epochs as a table and as a torch file, as published."""
    rows = _metrics(task, curves)

    def write_csv(path: Path) -> None:
        import pandas as pd

        pd.DataFrame(rows).to_csv(path, index=False)

    def write_tensor(path: Path) -> None:
        epochs = [row["epoch"] for row in rows]
        metrics = [{k: v for k, v in row.items() if k != "epoch"} for row in rows]
        torch.save({"epochs": epochs, "metrics": metrics}, path)

    return {
        task.outputs.metrics_csv: write_csv,
        task.outputs.metrics_tensor: write_tensor,
    }


def _metrics(task: Wang2025Task, curves: pd.DataFrame) -> list[dict[str, Any]]:
    config = task.config
    rows = []
    for record in curves.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        epoch = int(row["epoch"])
        rows.append(
            {
                "epoch": epoch,
                "seed": config.seed + epoch,
                "lr": row["lr"],
                "decay": config.decay,
                "momentum": config.momentum,
                "nesterov": config.nesterov,
                "clip": config.clip,
                "eps": config.eps,
                **{k: v for k, v in row.items() if k.endswith("_objective")},
            }
        )
    return rows
