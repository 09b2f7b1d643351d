"""What must hold after the blocks of a page, by the page's path in the repository.

A check gets the names that the blocks of Python left, and what each block printed; the
current folder is that of the page.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from support.docs_pages import DOCS

import insilico_gui as ig

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[dict[str, Any], list[str]], None]


def readme(names: dict[str, Any], said: list[str]) -> None:
    assert set(ig.load_responses("v1.parquet")["area"].to_numpy()) == {"V1"}
    assert "gOSI_measured" in ig.Experiment.open("tuning.insilico.yaml").units("demo")
    session = ig.open_session("blinker")
    clip = np.zeros((40, 72, 128), np.uint8)
    clip[:, :, 64:] = 255  # the right half is bright
    last = ig.encode(session, clip)[-1].to_numpy()
    np.testing.assert_allclose(last, [0.0, 1 - 0.9**40], rtol=1e-6)
    assert set(pd.read_csv("tuning.csv")["area"]) == {"LM"}
    assert ig.load_responses("eeg.npz").sizes["trial"] == 3


def tutorial(names: dict[str, Any], said: list[str]) -> None:
    assert drawn() == 4
    responses = ig.load_responses("tuned.parquet")
    assert set(responses["area"].to_numpy()) == {"V1"}
    assert (responses["gDSI_measured"] >= 0.2).all()
    assert 100 < responses.sizes["unit"] < 400
    assert responses["rf_r2"].notnull().all()


def steps(names: dict[str, Any], said: list[str]) -> None:
    found = re.search(r"(\d+) units, median error ([\d.]+)", "".join(said))
    assert found is not None
    assert int(found[1]) > 100
    assert float(found[2]) < 10
    assert any(text.strip() == "True" for text in said)  # the file holds the responses


def twin(names: dict[str, Any], said: list[str]) -> None:
    shown = [
        float(number) for text in said for number in re.findall(r"\d\.[\d.e-]*", text)
    ]
    np.testing.assert_allclose(shown[:2], [0, 1], atol=1e-3)
    assert "linear/halves" in said[-1] or any("linear/halves" in text for text in said)


def conditions(names: dict[str, Any], said: list[str]) -> None:
    assert names["responses"].dims == ("trial", "time", "unit")
    assert [*pd.read_parquet("spikes.parquet")] == [
        "trial",
        "unit_id",
        "neuron",
        "time",
    ]
    assert names["curve"]["probability"].size == 3


def nnpoisson(names: dict[str, Any], said: list[str]) -> None:
    assert names["report"].complete
    assert names["neural"].shape == (2, 4)


def fitting(names: dict[str, Any], said: list[str]) -> None:
    assert [p.name for p in names["mine"].parameters] == ["epochs"]


def drive(names: dict[str, Any], said: list[str]) -> None:
    change = names["change"]
    assert (change.sel(time=slice(0, 0.19)) == 0).all()
    assert change.sel(unit_id="EB").mean() > 10
    found = names["difference"]["difference"]
    np.testing.assert_allclose(found, change, 1e-5, 1e-5)
    assert names["replay"].sizes["time"] == 10


def experiments(names: dict[str, Any], said: list[str]) -> None:
    assert "ig.stimuli.drifting_gratings(" in said[0]
    opened = ig.Experiment.open("v1.insilico.yaml")
    assert opened.responses(selection="v1").sizes["unit"] > 0


def plots(names: dict[str, Any], said: list[str]) -> None:
    """The pictures of the page are of its code."""
    from matplotlib import pyplot as plt

    page = DOCS / "reference" / "plot.md"
    pictures = re.findall(r"\((\.\./pictures/plot_\w+\.png)\)", page.read_text())
    assert drawn() == len(pictures)
    for number, picture in zip(plt.get_fignums(), pictures, strict=True):
        wide, high = plt.figure(number).get_size_inches()
        height, width = plt.imread(page.parent / picture).shape[:2]
        assert width / height == round(wide * 90) / round(high * 90)


def drawn() -> int:
    """How many figures there are; all of them have something in them."""
    from matplotlib import pyplot as plt

    for number in plt.get_fignums():
        assert all(ax.has_data() for ax in plt.figure(number).axes)
    return len(plt.get_fignums())


def tasks(names: dict[str, Any], said: list[str]) -> None:
    assert not [path for path in Path().iterdir() if path.stat().st_size == 0]


CHECKS: dict[str, Check] = {
    "README.md": readme,
    "docs/how_to_add_a_twin.md": twin,
    "docs/reference/conditions.md": conditions,
    "docs/reference/drive.md": drive,
    "docs/reference/experiments.md": experiments,
    "docs/reference/fitting.md": fitting,
    "docs/reference/nnpoisson.md": nnpoisson,
    "docs/reference/plot.md": plots,
    "docs/reference/shell_tasks.md": tasks,
    "docs/tutorial.ipynb": tutorial,
    "docs/tutorial_steps.ipynb": steps,
}
