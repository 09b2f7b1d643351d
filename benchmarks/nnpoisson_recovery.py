"""Fit data of a known network and compare: ``nnpoisson_recovery.py [ITERATIONS] [LR]``.

Prints, for each region, the correlation of intensities and the neural loss on test trials
against that of the network that generated the data, with the run time and steps per second.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from insilico_nnpoisson import make_synthetic_steinmetz
from insilico_nnpoisson.data.files import of_sessions
from insilico_nnpoisson.stimulus_code import KNOWN
from insilico_nnpoisson.training.fitting_task import NNPoissonTask
from insilico_nnpoisson.training.judging import against_truth, judge
from insilico_nnpoisson.training.settings import Settings

from insilico_gui.fitting import FitLoop
from insilico_gui.fitting.running import run_loop


def main(iterations: int, lr: float) -> None:
    """Generate, fit, judge."""
    made = make_synthetic_steinmetz(1, n_sessions=4, n_test_sessions=2, n_trials=100)
    data = of_sessions(made.train, made.test, 0.4, KNOWN[8])
    settings = Settings(
        (8,), len(data.region_index), 0.4, iterations=iterations, episodes=5, lr=lr
    )
    order = [made.regions.index(name) for name in data.region_index]
    assert order == sorted(order)
    task = NNPoissonTask(data, settings)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = run_loop(FitLoop(task, Path(folder) / "run"))
    spent = time.perf_counter() - started
    found = against_truth(task.model("float64"), made.model, data)
    print(found.round(4).to_string())
    total, true = found["loss"].sum(), found["true_loss"].sum()
    print(judge(task.model(), data).round(4).to_string())
    print(judge(made.model, data).round(4).to_string())
    print(
        f"{data.summary()['train_spikes']} spikes in {data.train.n_trials} trials, "
        f"{report.n_steps} steps in {spent:.0f} s ({report.n_steps / spent:.0f} a second)"
    )
    print(
        f"neural loss on test trials {(total - true) / abs(true):+.3%} of that of the true "
        f"model; lowest correlation of intensities {found['correlation'].min():.4f}"
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 40,
        float(given[1]) if len(given) > 1 else 3e-3,
    )
