"""Everything that writes, as jobs that a process of its own carries out.

Run as a script, this is a server: it imports what takes long once, and forks a child for
every job that comes in as a line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
import zipfile
from importlib import import_module
from pathlib import Path

import make_field_responses as field
import numpy as np
import pandas as pd
from make_responses import make_responses
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.cli.tables import write_table
from insilico_gui.encoding import store
from insilico_gui.errors import InsilicoError
from insilico_gui.export import export, zarr_folder
from insilico_gui.files import claims, journal
from insilico_gui.stimuli.spec.files import save_spec
from insilico_gui.untrusted import unpack_zip

FIELDS = {
    ".nii.gz": field.of_voxels,
    ".nii": field.of_voxels,
    ".func.gii": field.of_vertices,
    ".npy": field.of_vertices,
    "-epo.fif": field.of_channels,
}
SUFFIXES = (".npz", ".csv", ".parquet", ".zarr", *FIELDS)


def responses(suffix, version):
    """Values and labels that say of which version they are."""
    make = FIELDS.get(suffix)
    if make is None:
        made = make_responses(None, 400, 12, trials=version == 1)
        made[:] = np.random.default_rng(version).standard_normal(made.shape, "f4")
        made = made.assign_coords(version=("unit", np.full(12, version)))
    else:
        made = make()
        made[:] = np.random.default_rng(version).standard_normal(made.shape, "f4")
        if suffix in (".func.gii", ".npy") and version == 2:
            made = made[:, 1:2]  # one hemisphere only
    return made.assign_attrs(version=version)


def export_job(suffix):
    return lambda folder, version: export(
        responses(suffix, version), folder / f"x{suffix}", overwrite=True
    )


def encode(folder, version):
    store.zarr_folder.CHUNK_BYTES = 16 * 12 * 4
    clip = np.random.default_rng(version).integers(0, 256, (53, 6, 8), dtype=np.uint8)
    ig.encode(LeakySession(), clip, store=folder / "x.zarr", overwrite=True)


def sequence(folder, version):
    flashes = ig.stimuli.full_field_flashes(repeats=version)
    save_spec(flashes.spec, folder / "x.yaml", overwrite=True)


def table(suffix):
    def job(folder, version):
        units = pd.DataFrame({"unit_id": range(200), "text": ["=1+1"] * 200})
        columns = pd.DataFrame({"version": [version] * 200})
        write_table(folder / f"x{suffix}", units, columns, {"version": version})

    return job


def weights(folder, version):
    packed = folder.parent / f"weights{version}-{os.getpid()}.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("a.pt", "deep/b.pt", "deep/er/c.pt"):
            archive.writestr(name, f"{version}" * 5000)
        archive.writestr(f"only{version}/d.pt", f"{version}")
    unpack_zip(packed, folder)


JOBS = {
    "encode": encode,
    **{f"export {suffix}": export_job(suffix) for suffix in SUFFIXES},
    "sequence": sequence,
    "table .csv": table(".csv"),
    "table .parquet": table(".parquet"),
    "weights": weights,
}

TRACED = {claims.__file__, journal.__file__}
EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}


class Count:
    """Counts steps, and kills the process at one of them."""

    def __init__(self, at):
        self.n, self.at = 0, at

    def step(self, *_):
        self.n += 1
        if self.n == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def count_calls(count):
    """Steps are calls of the file system."""
    sys.addaudithook(lambda event, _: event in EVENTS and count.step())


def count_lines(count):
    """Steps are lines of the publisher."""

    def line(_frame, event, _arg):
        if event == "line":
            count.step()
        return line

    sys.settrace(lambda frame, *_: line if frame.f_code.co_filename in TRACED else None)


def child(task, version, answer):
    """Carry out a job; write down how it ended."""
    before = {*sys.modules}
    count = Count(task.get("at"))
    {"calls": count_calls, "lines": count_lines}.get(task.get("unit"), id)(count)
    if "start" in task:
        time.sleep(max(0, task["start"] - time.time()))
    try:
        JOBS[task["job"]](Path(task["folder"]), version)
        said = "done"
    except InsilicoError as error:
        said = str(error)
    sys.settrace(None)
    new = sorted({*sys.modules} - before) if task.get("modules") else []
    with os.fdopen(answer, "wb") as file:
        file.write(json.dumps({"said": said, "n": count.n, "modules": new}).encode())
    os._exit(0)


def start(task, version):
    """Fork a child; returns its number and where it answers."""
    reading, writing = os.pipe()
    number = os.fork()
    if number == 0:
        os.close(reading)
        try:
            child(task, version, writing)
        finally:
            os._exit(1)
    os.close(writing)
    return number, reading


def carry_out(task):
    """A child for each version that is asked for, killed if that is asked for."""
    begun = time.monotonic()
    children = [start(task, version) for version in task["versions"]]
    if task.get("unit") == "seconds" and "at" in task:
        time.sleep(task["at"])
        for number, _ in children:
            os.kill(number, signal.SIGKILL)
    results = []
    for number, reading in children:
        with os.fdopen(reading, "rb") as file:
            text = file.read()
        _, status = os.waitpid(number, 0)
        killed = os.WIFSIGNALED(status)
        found = json.loads(text) if text else {"said": None, "n": 0}
        results.append({**found, "killed": killed, "status": status})
    return {"results": results, "seconds": time.monotonic() - begun}


def warm_up():
    """Import what jobs import, and make what they cache, without starting a thread."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".npz", *FIELDS):
            export(responses(suffix, 1), Path(folder) / f"warm{suffix}")
        for job in JOBS:
            task = {"job": job, "folder": folder, "versions": [1], "modules": True}
            for name in carry_out(task)["results"][0]["modules"]:
                with contextlib.suppress(ImportError):
                    import_module(name)


def serve():
    zarr_folder.CHUNK_BYTES = 64 * 12 * 4
    warm_up()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()
