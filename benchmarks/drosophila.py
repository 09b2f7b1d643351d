"""Steps of the whole-brain model of Drosophila against the plain form, and its memory.

    python benchmarks/drosophila.py [--only NAME ...] [--rounds N] [--folder F] [--json F]

For made-up flies of the two sizes of the FlyWire connectome, 127,400 neurons with 2.6
million pairs and 138,639 with 15 million, driven so that neurons fire at 5 Hz on average.
In every round, one after the other: the engine (event-driven, in blocks of the delay), and
the plain form, in which each step draws a random number for every neuron, multiplies the
whole matrix, compressed in rows of targets with int32 indices, with the vector of spikes,
and updates all neurons with masks. Medians over rounds of milliseconds per step of 0.2
ms; ``speedup`` is plain / engine. Those that end in ``_cpu`` are of the time on the
processor, all threads together: what it would take with one thread if other programs left
the machine alone. ``parts`` says where the engine's time goes, also on the processor, and
``peak`` is the peak resident memory, in MiB, of a process that opens the fly and runs it:
the first time, when tables are read and sorted, from the cache, and with a neuropil cut
(Linux).

Flies are written into `--folder` (default: a temporary one), about 1 GB for the larger.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from insilico_drosophila import make_synthetic_fly, open_fly
from insilico_drosophila.network.circuit import HostInputs
from insilico_drosophila.network.event_engine import EventEngine
from insilico_drosophila.network.neuron_model import SCALE_MV, step_constants
from results import add

if TYPE_CHECKING:
    from insilico_drosophila import Fly
    from insilico_drosophila.simulation import Simulation
    from numpy.typing import NDArray

CASES = {"630": (127_400, 2_600_000), "783": (138_639, 15_000_000)}
RATE_HZ = 5.0
DT_MS = 0.2

CHILD = """
import sys
from insilico_drosophila import open_fly
fly = open_fly(sys.argv[1], sys.argv[2], checkpoint="first-round-checkpoint.msgpack")
silence = {"cut": sys.argv[4]} if len(sys.argv) > 4 else None
fly.run(int(sys.argv[3]), frame=0, silence=silence)
# Not ru_maxrss, which begins with the memory of the process that started this one
lines = open("/proc/self/status").read().splitlines()
print(next(int(x.split()[1]) / 1024 for x in lines if x.startswith("VmHWM")))
"""


class PlainForm:
    """The network as written down: dense in neurons, the whole matrix at every step.

    Parameters
    ----------
    fly : Fly
    input_mv : float32 array [N]
    """

    def __init__(self, fly: Fly, input_mv: NDArray[np.float32]) -> None:
        self._constants = step_constants(DT_MS)
        by_target = fly.connectome.weights.T.tocsr()
        n = fly.connectome.n_neurons
        parts = (by_target.indptr, by_target.indices, by_target.data)
        pointers, columns, values = (torch.from_numpy(part) for part in parts)
        self._weights = torch.sparse_csr_tensor(pointers, columns, values, (n, n))
        self._a = torch.from_numpy(fly.weights.lora_a)
        self._b = torch.from_numpy(fly.weights.lora_b)
        self._input = torch.from_numpy(input_mv)
        self._v, self._g = torch.zeros(n), torch.zeros(n)
        self._last = torch.full((n,), -1000, dtype=torch.int64)
        self._line = torch.zeros(self._constants.n_delay, n)
        self._step = 0
        self.count = torch.zeros(n)

    def advance(self, n_steps: int) -> None:
        """Make steps."""
        c = self._constants
        for _ in range(n_steps):
            frozen = self._step - self._last <= c.n_refractory
            event = (torch.rand(len(self._v)) < c.p_event) & ~frozen
            v = self._v + event * self._input
            sent = self._line[self._step % c.n_delay]
            x = SCALE_MV * (self._weights @ sent)
            x += (sent @ self._b) @ self._a / len(self._a)
            g = c.g_decay * self._g + x
            v = v + c.v_gain * (g - v)
            v = torch.where(frozen, self._v, v)
            g = torch.where(frozen, self._g, g)
            spikes = v >= 1
            self.count += spikes
            self._v = torch.where(spikes, 0.0, v)
            self._g = torch.where(spikes, 0.0, g)
            self._last = torch.where(spikes, self._step, self._last)
            self._line[self._step % c.n_delay] = spikes.float()
            self._step += 1


def driven(fly: Fly) -> tuple[Simulation, NDArray[np.float32]]:
    """A network in its steady state at about 5 Hz, and its kick sizes."""
    base = fly.input_mv(fly.rates_hz[0])
    low, high = 0.0, 3.0
    simulation = fly.simulate(DT_MS, frame=0)
    for _ in range(7):
        factor = (low + high) / 2
        simulation.set_input(base * np.float32(factor))
        simulation.advance(100)
        if rate(simulation, 300) > RATE_HZ:
            high = factor
        else:
            low = factor
    return simulation, base * np.float32(factor)


def rate(simulation: Simulation, n_steps: int) -> float:
    """Mean rate in Hz of some steps."""
    simulation.reset_counts()
    simulation.advance(n_steps)
    return float(simulation.counts().mean()) / (n_steps * DT_MS / 1000)


def parts(simulation: Simulation, n_steps: int) -> dict[str, float]:
    """Milliseconds per step on the processor in each part of the engine."""
    spent: dict[str, float] = {}

    def timed(owner: object, name: str, label: str) -> None:
        function = getattr(owner, name)

        def call(*args: object) -> object:
            start = time.process_time()
            result = function(*args)
            spent[label] = spent.get(label, 0.0) + time.process_time() - start
            return result

        setattr(owner, name, call)

    engine: EventEngine = simulation._engine  # type: ignore[assignment]
    inputs: HostInputs = engine._inputs
    timed(inputs, "compute", "inputs, with low rank")
    timed(inputs, "_sums", "of these: sums of the first factor")
    timed(engine.drive, "block", "drawing events")
    timed(engine, "_kick", "kicks")
    timed(engine, "_integrate", "integrating")
    timed(engine, "_spike", "threshold, reset, record")
    simulation.advance(n_steps)
    return {label: 1e3 * total / n_steps for label, total in spent.items()}


def peaks(folder: Path, version: str) -> dict[str, float]:
    """Peak memory in MiB of the first opening with a run, a later one, and with a cut."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "INSILICO_CONNECTOMES": cache}
        found = {}
        for name, more in (("first", []), ("later", []), ("cut", ["FB"])):
            command = [sys.executable, "-c", CHILD, str(folder), version, "250", *more]
            output = subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            )
            found[f"peak_{name}_mib"] = float(output.stdout)
    return found


def measure(folder: Path, version: str, rounds: int) -> dict[str, Any]:
    """One row of results."""
    n_neurons, n_pairs = CASES[version]
    path = folder / version
    if not path.is_dir():
        make_synthetic_fly(path, 1, n_neurons, 4, n_pairs=n_pairs, version=version)
    os.environ["INSILICO_CONNECTOMES"] = str(folder / "cache")
    fly = open_fly(path, version, checkpoint="first-round-checkpoint.msgpack")
    simulation, input_mv = driven(fly)
    plain = PlainForm(fly, input_mv)
    plain.advance(50)
    names = ("engine", "engine_cpu", "plain", "plain_cpu")
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, network, n in (("engine", simulation, 90), ("plain", plain, 10)):
            start, used = time.perf_counter(), time.process_time()
            network.advance(n)
            times[name].append(1e3 * (time.perf_counter() - start) / n)
            times[f"{name}_cpu"].append(1e3 * (time.process_time() - used) / n)
    row: dict[str, Any] = {
        "name": f"{version}-{torch.get_num_threads()}-threads",
        "neurons": n_neurons,
        "pairs": fly.connectome.n_pairs,
        "rate_hz": rate(simulation, 1000),
        **{f"{name}_ms": median(values) for name, values in times.items()},
        "best_ms": min(times["engine"]),
    }
    row["speedup"] = row["plain_ms"] / row["engine_ms"]
    row["speedup_cpu"] = row["plain_cpu_ms"] / row["engine_cpu_ms"]
    row["parts"] = parts(simulation, 450)
    del plain, simulation, fly
    return row | peaks(path, version)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        for version in arguments.only:
            row = measure(folder, version, arguments.rounds)
            for key, value in row.items():
                shown = f"{value:.3f}" if isinstance(value, float) else value
                print(f"{key}: {shown}")
            if arguments.json:
                add(arguments.json, "drosophila", row)


if __name__ == "__main__":
    main()
