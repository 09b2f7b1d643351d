"""Sessions of images against the plain loop, and their peak memory.

    python benchmarks/images.py [--only voxels eeg] [--images 1000] [--rounds 5]
        [--budgets 128 256 512] [--tree DIR] [--json F]

With random weights of the published shapes: voxels of V1 (1,350), and EEG (ViT-B/32,
250 components of 460,800 features, 4 regressions of 63 channels x 140 times). The images
are 425 x 425.

In every round each of these answers the same images, one after the other; medians over
the rounds:

plain
    The forward pass as it would be written down, 100 images at a time, everything in
    memory: same network, no blocks, no memory budget. It is :func:`plain_voxels` and
    :func:`plain_eeg` below.
session
    ``session.respond``, in batches of its own choice.
encode
    ``ig.encode`` of the same images, labelled responses included.

Peak memory is that of a process of its own: anonymous memory while the session responds,
less that before (files that are mapped, such as components, can be dropped at any time and
do not count). It must stay under the ``memory_budget``; the program fails if it does not.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from results import add

import insilico_gui as ig

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_berg.fwrf.session import FwrfSession
    from insilico_berg.vit.eeg import EegSession

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

PIXELS = 425
PLAIN_BATCH = 100
N_VOXELS = 1350
SESSIONS = {"voxels": "nsd-fwrf/subject-1_roi-V1", "eeg": "things-eeg2/subject-1"}
MIB = 2**20


# -- the plain loops -------------------------------------------------------------------


def plain_voxels(session: FwrfSession) -> Callable[[np.ndarray], np.ndarray]:
    """Pictures to voxels, all voxels of a batch at once."""
    from insilico_berg.pictures import resize

    (part,) = session._parts
    network, readout = part.network, part.readout

    def compress(t: torch.Tensor) -> torch.Tensor:
        return torch.log(1 + torch.abs(t)) * torch.tanh(t)

    def answer(images: np.ndarray) -> np.ndarray:
        maps = network(resize(torch.from_numpy(images), session.frame_shape))
        pooled = [
            torch.einsum("vp,ncp->vnc", field.flatten(1), compress(group).flatten(2))
            for field, group in zip(readout.fields, maps, strict=True)
        ]
        features = compress(torch.cat(pooled, dim=2))
        responses = torch.bmm(features, readout.weights[:, :, None])[:, :, 0]
        return (responses + readout.bias[:, None]).T.numpy()

    return answer


def plain_eeg(session: EegSession) -> Callable[[np.ndarray], np.ndarray]:
    """Images to courses, the features of a batch at once, then numpy."""
    from insilico_berg.vit.preprocessing import prepare

    model = session._model
    mean, scale = (
        a.astype(np.float32) for a in (model.scaler.mean, model.scaler.scale)
    )
    (components,) = model.components
    matrix = np.array(components.matrix[: model.scores], np.float32)
    center = components.mean.astype(np.float32)
    coefs = [np.array(r.coef, np.float32) for r in model.regressions.values()]
    intercepts = [r.intercept.astype(np.float32) for r in model.regressions.values()]
    shape = len(session.units), len(session.response_coords["time"])

    def answer(images: np.ndarray) -> np.ndarray:
        layers = session._backbone.layers(prepare(torch.from_numpy(images)))
        features = torch.cat([layer.flatten(1) for layer in layers], dim=1).numpy()
        scores = ((features - mean) / scale - center) @ matrix.T
        repeats = [
            scores @ coef.T + intercept
            for coef, intercept in zip(coefs, intercepts, strict=True)
        ]
        return np.stack(repeats, axis=1).reshape(len(images), len(coefs), *shape)

    return answer


PLAIN = {"voxels": plain_voxels, "eeg": plain_eeg}


# -- weights and images ----------------------------------------------------------------


def make_tree(root: Path, name: str) -> Path:
    """Random weights, unless they are there."""
    from support import berg_fwrf, berg_vit

    folder = root / name
    if not folder.exists():
        print(f"Making weights in {folder}", flush=True)
        if name == "voxels":
            berg_fwrf.write_model(folder, voxels=N_VOXELS)
        else:
            berg_vit.write_backbone(folder, **berg_vit.FULL)
            berg_vit.write_eeg(folder, features=12 * 50 * 768)
    return folder


def make_images(n: int, seed: int = 0) -> np.ndarray:
    """Noise of many scales, uint8 [n, 3, H, W]."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 200, (n, 3, 27, 27), dtype=np.uint8)
    large = coarse.repeat(16, axis=2).repeat(16, axis=3)[:, :, :PIXELS, :PIXELS]
    return np.ascontiguousarray(
        large + rng.integers(0, 56, large.shape, dtype=np.uint8)
    )


# -- speed -----------------------------------------------------------------------------


def measure_speed(name: str, tree: Path, n_images: int, rounds: int) -> dict[str, Any]:
    """One row of results."""
    session: Any = ig.open_session(SESSIONS[name], tree, "cpu")
    plain = PLAIN[name](session)

    def plain_loop(images: np.ndarray) -> np.ndarray:
        starts = range(0, len(images), PLAIN_BATCH)
        with torch.inference_mode():
            return np.concatenate([plain(images[i : i + PLAIN_BATCH]) for i in starts])

    def respond(images: np.ndarray) -> np.ndarray:
        return next(session.respond([images]))

    def encode(images: np.ndarray) -> np.ndarray:
        return ig.encode(session, images.transpose(0, 2, 3, 1)).to_numpy()

    ways = {"plain": plain_loop, "session": respond, "encode": encode}
    per_round = n_images // rounds
    for way in ways.values():
        way(make_images(min(per_round, PLAIN_BATCH)))
    taken: dict[str, list[float]] = {way: [] for way in ways}
    errors = []
    for k in range(rounds):
        images = make_images(per_round, k)
        answers = {}
        for what, way in ways.items():
            start = time.perf_counter()
            answers[what] = way(images)
            taken[what].append(time.perf_counter() - start)
        errors.append(np.abs(answers["plain"] - answers["session"]).max())
        assert np.array_equal(answers["session"], answers["encode"]) or np.allclose(
            answers["session"], answers["encode"], atol=1e-4
        )
    rates = {what: per_round / median(times) for what, times in taken.items()}
    return {
        "name": f"{name}, speed",
        "images": per_round * rounds,
        "rounds": rounds,
        "threads": torch.get_num_threads(),
        "batch": session.batch_size((PIXELS, PIXELS)),
        **{f"{what}_per_s": round(rate, 2) for what, rate in rates.items()},
        "speedup": round(rates["session"] / rates["plain"], 3),
        "encode_speedup": round(rates["encode"] / rates["plain"], 3),
        "spread": round(max((max(t) - min(t)) / median(t) for t in taken.values()), 3),
        "error": float(f"{max(errors):.1e}"),
    }


# -- memory ----------------------------------------------------------------------------


class Anonymous:
    """Watches the anonymous memory of this process, in another thread."""

    def __init__(self) -> None:
        self.peak = self.now()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    @staticmethod
    def now() -> int:
        """Bytes."""
        status = Path("/proc/self/status").read_text()
        return 1024 * int(status.split("RssAnon:")[1].split()[0])

    def _watch(self) -> None:
        while not self._stop.wait(0.001):
            self.peak = max(self.peak, self.now())

    def __enter__(self) -> Anonymous:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def memory_child(name: str, tree: Path, budget: int, n_images: int) -> None:
    """Print, as JSON, what memory a session takes with this budget (MiB)."""
    session: Any = ig.open_session(SESSIONS[name], tree, "cpu")
    session.memory_budget = budget * MIB
    size = session.batch_size((PIXELS, PIXELS))
    images = make_images(size)
    before = Anonymous.now()
    with Anonymous() as watch:
        for _ in session.respond(images for _ in range(max(2, n_images // size))):
            pass
    print(json.dumps({"batch": size, "peak": (watch.peak - before) / MIB}))


def measure_memory(name: str, tree: Path, budget: int, n_images: int) -> dict[str, Any]:
    """One row of results; fails if the budget (MiB) is exceeded."""
    command = [sys.executable, __file__, "--child", name, str(tree), str(budget)]
    command += ["--images", str(n_images)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(answer.stdout.splitlines()[-1])
    return {
        "name": f"{name}, {budget} MiB",
        "budget_mib": budget,
        "peak_mib": round(found["peak"], 1),
        "batch": found["batch"],
        "within": found["peak"] <= budget,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=SESSIONS, default=[*SESSIONS])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--budgets", nargs="*", type=int, default=[128, 256, 512])
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--tree", type=Path, help="keep the weights here")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        name, tree, budget = arguments.child
        memory_child(name, Path(tree), int(budget), arguments.images)
        return
    failed = []
    with tempfile.TemporaryDirectory() as temporary:
        for name in arguments.only:
            tree = make_tree(arguments.tree or Path(temporary), name)
            rows = []
            if not arguments.no_speed:
                rows.append(
                    measure_speed(name, tree, arguments.images, arguments.rounds)
                )
                print(rows[-1], flush=True)
            for budget in arguments.budgets:
                rows.append(measure_memory(name, tree, budget, 64))
                print(rows[-1], flush=True)
            for row in rows:
                if arguments.json:
                    add(arguments.json, "images", row)
                if not row.get("within", True):
                    failed.append(row["name"])
    if failed:
        sys.exit(f"More memory than the budget: {', '.join(failed)}")


if __name__ == "__main__":
    main()
