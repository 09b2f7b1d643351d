"""A twin is imported when one of its sessions is asked for, and warns of nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points

import pytest

import insilico_gui as ig
from insilico_gui import opening
from insilico_gui.errors import SessionError
from insilico_gui.opening import ENTRY_POINT_GROUP, twins

OTHERS = sorted(
    {
        point.module
        for point in entry_points(group=ENTRY_POINT_GROUP)
        if point.name != "demo"
    }
)


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python on its own, where every warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )


def test_a_session_imports_its_own_twin_only():
    assert OTHERS
    done = run(f"""
import sys, insilico_gui as ig
ig.open_session("demo", device="cpu")
ig.encode(ig.open_session("demo", device="cpu"),
          ig.stimuli.drifting_gratings(n_directions=2, duration_s=0.2))
loaded = [name for name in {OTHERS!r} if name in sys.modules]
assert not loaded, loaded
assert "tqdm.auto" not in sys.modules and "tqdm.notebook" not in sys.modules
""")
    assert done.returncode == 0, done.stderr
    assert "TqdmWarning" not in done.stderr


def test_importing_twins_warns_of_nothing_in_a_notebook():
    # tqdm.auto takes any kernel that it finds for a notebook and looks for its widgets.
    done = run(f"""
import sys, types
ipython = types.ModuleType("IPython")
ipython.get_ipython = lambda: types.SimpleNamespace(config={{"IPKernelApp": True}})
sys.modules["IPython"] = ipython
import {", ".join(OTHERS)}
assert "tqdm.auto" not in sys.modules
""")
    assert done.returncode == 0, done.stderr


def test_the_other_twins_are_not_asked(monkeypatch):
    class Loud(EntryPoint):
        def load(self):
            raise AssertionError(f"{self.name} was imported")

    demo = next(p for p in entry_points(group=ENTRY_POINT_GROUP) if p.name == "demo")
    points = [demo, Loud("other", "no_such_package:twin", ENTRY_POINT_GROUP)]
    monkeypatch.setattr(opening, "entry_points", lambda group: points)
    assert ig.open_session("demo", device="cpu").id == "demo"
    with pytest.raises(SessionError, match=r"installed: demo, other"):
        ig.open_session("third")


def test_a_package_that_is_broken_is_named(monkeypatch, caplog):
    broken = EntryPoint("broken", "no_such_package_at_all:twin", ENTRY_POINT_GROUP)
    demo = next(p for p in entry_points(group=ENTRY_POINT_GROUP) if p.name == "demo")
    monkeypatch.setattr(opening, "entry_points", lambda group: [broken, demo])
    assert ig.list_sessions() == ["demo", "demo/noisy"]
    assert "'broken'" in caplog.text
    with pytest.raises(SessionError, match=r"'broken'.* cannot be imported") as told:
        ig.open_session("broken/one")
    assert "no_such_package_at_all" in str(told.value)
    assert list(twins()) == ["broken", "demo"]
