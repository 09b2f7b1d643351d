"""Two processes that write the same at the same time: each is refused, or right."""

from __future__ import annotations

import re
import time

import pytest
from outcomes import content, names
from writers import JOBS


@pytest.mark.parametrize("job", list(JOBS))
def test_two_writers_at_once(writers, job, tmp_path):
    references, n_refused = {}, 0
    for version in (1, 2):
        references[version] = tmp_path / f"reference{version}" / "out"
        references[version].mkdir(parents=True)
        writers.carry_out(job, references[version], version)
    for k in range(3):
        folder = tmp_path / f"{k}" / "out"
        folder.mkdir(parents=True)
        results, _ = writers.carry_out(job, folder, 1, 2, start=time.time() + 0.05)
        right = []
        for version, result in zip((1, 2), results, strict=True):
            if result["said"] == "done":
                right.append(version)
                continue
            n_refused += 1
            refused = r" is being written by process \d+ since \d{4}-\d\d-\d\d \d\d:"
            assert re.search(refused, result["said"]), result
        assert right
        if job == "weights":  # the second adds to the first
            found = dict(content(job, folder))
            assert len({found[n] for n in ("a.pt", "deep/b.pt", "deep/er/c.pt")}) == 1
        else:
            there = [
                v
                for v in right
                if names(folder) == names(references[v])
                and content(job, folder) == content(job, references[v])
            ]
            assert len(there) == 1
    print(f"{job}: {n_refused} of 6 refused")
