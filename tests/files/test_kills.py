"""Writers that are killed leave the old or the new output, whole, and nothing else.

INSILICO_KILLS sets how many are killed (40); INSILICO_KILLS_SEED where the choice of
moments begins.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter

import pytest
from outcomes import content, names
from writers import JOBS, responses

from insilico_gui.export import export, load_responses

N_KILLS = int(os.environ.get("INSILICO_KILLS", "40"))
SEED = int(os.environ.get("INSILICO_KILLS_SEED", "0"))
UNITS = ("lines", "calls", "seconds")
USERS = {"mine.txt": "mine", "x.zarr.partial/mine.txt": "mine too"}


def put_users_files(folder):
    for name, text in USERS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture(scope="module")
def references(writers, tmp_path_factory):
    """Folders with each version of each output, and how many steps it takes."""
    made = {}
    for job in JOBS:
        for version in (1, 2):
            folder = tmp_path_factory.mktemp("reference") / "out"
            folder.mkdir()
            ((result,), _) = writers.carry_out(job, folder, version)
            assert result["said"] == "done", (job, result)
            made[job, version] = folder
    return made


def length(writers, references, job, unit, older, folder):
    """How many lines, calls or seconds a job takes that is not killed."""
    prepare(references, job, older, folder)
    ((result,), seconds) = writers.carry_out(job, folder, 2, unit=unit)
    assert result["said"] == "done", (job, result)
    shutil.rmtree(folder)
    return seconds if unit == "seconds" else result["n"]


def prepare(references, job, older, folder):
    if older:
        shutil.copytree(references[job, 1], folder)
    else:
        folder.mkdir()
    put_users_files(folder)


def next_run(k, folder):
    """Another command comes to the folder: it writes, or it reads."""
    if k % 2:
        export(responses(".npz", 1), folder / "other.npz")
        (folder / "other.npz").unlink()
    else:
        with pytest.raises(Exception, match="no file"):
            load_responses(folder / "absent.npz")


def judge(references, job, older, folder):
    """What is there: old, new, or what must not be."""
    for name, text in USERS.items():
        if not (folder / name).is_file() or (folder / name).read_text() != text:
            return "a file of the user is lost"
    found = names(folder) - {*USERS}
    expected = {v: names(references[job, v]) for v in (1, 2)}
    if job == "weights" and older:
        expected[2] = expected[2] | expected[1]  # what is not in the archive stays
    if not found:
        return "old" if not older else "lost"
    if any(".insilico" in name for name in found):
        return f"litter: {sorted(found)}"
    for version, verdict in ((1, "old"), (2, "new")):
        if found == expected[version] and (older or version == 2):
            there = content(job, folder)
            wanted = content(job, references[job, version])
            if job == "weights" and older and version == 2:
                kept = [c for c in content(job, references[job, 1]) if "only1" in c[0]]
                wanted = sorted(wanted + kept)
            if there == wanted:
                return verdict
    return f"mixed: {sorted(found)}"


@pytest.mark.slow
@pytest.mark.timeout(max(600, 5 * N_KILLS))
def test_killed_writers_leave_old_or_new(writers, references, tmp_path):
    rng = random.Random(SEED)
    lengths, verdicts, jobs = {}, Counter(), list(JOBS)
    killed = k = 0
    while killed < N_KILLS:
        job, unit = jobs[k % len(jobs)], UNITS[(k // len(jobs)) % len(UNITS)]
        older = rng.random() < 0.7
        k += 1
        if (job, unit, older) not in lengths:
            folder = tmp_path / "length"
            lengths[job, unit, older] = length(
                writers, references, job, unit, older, folder
            )
        whole = lengths[job, unit, older]
        at = rng.uniform(0, whole) if unit == "seconds" else rng.randint(1, whole)
        folder = tmp_path / f"{k}"
        prepare(references, job, older, folder)
        ((result,), _) = writers.carry_out(job, folder, 2, unit=unit, at=at)
        killed += result["killed"]
        next_run(k, folder)
        verdict = judge(references, job, older, folder)
        assert verdict in ("old", "new"), (verdict, job, unit, at, whole, older)
        verdicts[verdict, older] += 1
        shutil.rmtree(folder)
    print(f"{killed} of {k} writers were killed: {dict(verdicts)}")
    assert {verdict for verdict, _ in verdicts} == {"old", "new"}


@pytest.mark.slow
def test_what_many_killed_writers_leave_is_bounded(writers, references, tmp_path):
    """Litter does not add up: each run removes what those before it left."""
    prepare(references, "export .zarr", True, tmp_path / "out")
    for at in (30, 40, 50, 60, 70):
        ((result,), _) = writers.carry_out(
            "export .zarr", tmp_path / "out", 2, unit="calls", at=at
        )
        assert result["killed"]
        left = [p for p in (tmp_path / "out").iterdir() if p.name.startswith(".")]
        assert len(left) == 1
    next_run(0, tmp_path / "out")
    assert judge(references, "export .zarr", True, tmp_path / "out") in ("old", "new")
