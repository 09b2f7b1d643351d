"""Objects show themselves: in a line and as HTML, whatever names are in their files."""

from __future__ import annotations

import inspect
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from support.pictures import PictureSession
from support.slopes import Slopes

import insilico_gui as ig
from insilico_gui import notebook, opening
from insilico_gui.drawing.sessions import session_html, show_itself
from insilico_gui.stimuli import ArrayStimulus, ConditionTable

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>&\x00\u202e\n"


class Tags(HTMLParser):
    """Collects the tags of HTML, with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def safe(html):
    """The tags of HTML, if nothing in it runs or is fetched."""
    tags = Tags(html).found
    assert {tag for tag, _ in tags} <= {
        *("div", "b", "table", "thead", "tbody", "tr", "th", "td", "img"),
        *("details", "summary"),
    }
    for tag, attrs in tags:
        assert not any(name.startswith("on") for name in attrs), (tag, attrs)
        if tag == "img":
            assert attrs["src"].startswith("data:image/png;base64,")
    assert "\x00" not in html and "\u202e" not in html
    balanced = re.sub(r"(<img [^>]*)>", r"\1/>", html)
    ElementTree.fromstring(balanced)
    return tags


@pytest.fixture(scope="module")
def demo():
    return ig.open_session("demo")


@pytest.fixture(scope="module")
def responses(demo):
    return ig.encode(demo, ig.stimuli.drifting_gratings(n_directions=8, blank_s=0.2))


def test_sessions(demo):
    said = repr(demo)
    assert said.startswith("<session demo: 2,016 units (V1 8")
    assert "video 256 x 144 at 30 Hz, on cpu" in said
    html = demo._repr_html_()
    tags = safe(html)
    assert [tag for tag, _ in tags].count("img") == 1
    for word in ("session demo", "2,016", "V1 8", "cpu", "pref_dir"):
        assert word in html
    assert isinstance(demo, ig.Session)


def test_any_twin_gets_what_shows_it_and_keeps_its_own(monkeypatch):
    class Own(PictureSession):
        def __repr__(self):
            return "mine"

    class Slotted:
        __slots__ = ("attrs", "device", "frame_shape", "id", "input_kind", "units")

    for session in (Own(), Slopes(), PictureSession(times=[0.0, 0.1])):
        show_itself(session)
        safe(session._repr_html_())
    assert repr(Own()) == "mine"
    assert "3 units" in repr(Slopes()) and "conditions" in repr(Slopes())
    empty = Slotted()
    show_itself(empty)
    assert repr(empty) == "<Slotted>"  # a repr never fails


def test_responses_are_short(responses):
    html = responses._repr_html_()
    safe(html)
    assert len(html) < 20_000
    for word in ("time: 294", "unit: 2,016", "drifting gratings", "unit_id", "float32"):
        assert word in html
    tuning = ig.analysis.direction_tuning(responses)
    safe(tuning._repr_html_())
    assert len(tuning._repr_html_()) < 20_000
    assert isinstance(responses, xr.DataArray) and isinstance(tuning, xr.Dataset)
    for made in (responses[:5], responses + 1, responses.mean("unit"), responses[0, 0]):
        safe(made._repr_html_())


def test_stimuli_and_tables_of_conditions():
    gratings = ig.stimuli.drifting_gratings(n_directions=2)
    html = gratings._repr_html_()
    assert [tag for tag, _ in safe(html)].count("img") == 5
    for word in ("256 x 144 pixels", "30 Hz", "3.5 s", "2 of 2 conditions"):
        assert word in html
    one = ArrayStimulus(np.zeros((1, 400, 9), np.uint8), 1.0)
    assert [tag for tag, _ in safe(one._repr_html_())].count("img") == 1
    table = ConditionTable({"delay": [0.1, 0.2]}, {"delay": "s"})
    assert "delay (s)" in table._repr_html_()
    safe(table._repr_html_())
    images = ig.open_images(np.zeros((3, 3, 8, 8), np.uint8))
    assert [tag for tag, _ in safe(images._repr_html_())].count("img") == 3


def test_selections_say_rule_and_counts(demo):
    chosen = ig.select(demo, areas="V1", where={"gOSI": (0.5, None)})
    n = int(((demo.units["area"] == "V1") & (demo.units["gOSI"] >= 0.5)).sum())
    assert repr(chosen).startswith(f"<Selection of demo: {n} units (V1 {n}), areas")
    html = chosen._repr_html_()
    safe(html)
    assert f"V1 {n}" in html and "gOSI" in html
    assert "all units" in repr(ig.select(demo))
    assert chosen == ig.Selection(chosen.indices)


def test_experiments_say_runs_and_states():
    experiment = ig.Experiment(library=None)
    assert repr(experiment).startswith("<Experiment: 0 sessions, 0 stimuli")
    safe(experiment._repr_html_())
    experiment.add_session("demo")
    experiment.add_stimulus(np.zeros((4, 144, 256), np.uint8), name="dark")
    experiment.add_run("demo", "dark")
    assert "1 run (new 1)" in repr(experiment)
    experiment.encode("demo", "dark")
    assert "1 run (done 1)" in repr(experiment)
    html = experiment._repr_html_()
    safe(html)
    assert "done" in html and "dark" in html


def test_names_from_files_are_never_html(demo, responses):
    session = PictureSession()
    session.id = HOSTILE
    session.units["area"] = HOSTILE
    session.units[HOSTILE] = 1.0
    shown = [session_html(session)]
    trials = pd.DataFrame({"onset": [0.0], "duration": [0.1], "condition": [HOSTILE]})
    frames = np.zeros((3, 4, 4), np.uint8)
    attrs = {"kind": "array", "warning": HOSTILE}
    stimulus = ArrayStimulus(frames, 1.0, name=HOSTILE, trials=trials, attrs=attrs)
    shown.append(stimulus._repr_html_())
    shown.append(ConditionTable({"cue": [HOSTILE]}, name=HOSTILE)._repr_html_())
    chosen = ig.Selection(np.arange(2), {HOSTILE: HOSTILE}, HOSTILE, {HOSTILE: 2})
    shown.append(chosen._repr_html_())
    bad = responses[:3, :3].assign_attrs({HOSTILE: HOSTILE, "session": HOSTILE})
    bad = bad.assign_coords({HOSTILE: ("unit", [HOSTILE] * 3)}).rename(HOSTILE)
    shown.append(bad._repr_html_())
    experiment = ig.Experiment(library=None)
    experiment.add_session("demo", name="a<b>c")
    experiment.add_stimulus(stimulus, name="<script>")
    experiment.add_run("a<b>c", "<script>")
    shown.append(experiment._repr_html_())
    for html in shown:
        safe(html)
        assert "&lt;" in html
    assert "\n" not in repr(chosen)


def test_long_values_are_cut():
    assert len(notebook.text_of("x" * 10_000)) == notebook.LONGEST
    assert notebook.text_of(10**5000).startswith("a int")
    rows = notebook.table(("a",), [(k,) for k in range(1000)])
    assert rows.count("<tr>") == notebook.MOST_ROWS + 1 and "and 960 more" in rows


def test_namespaces_list_what_is_public():
    assert set(dir(ig)) == {*ig.__all__, "__version__"}
    assert ig.__version__[0].isdigit()
    assert all(
        callable(getattr(ig.analysis, name))
        and not isinstance(getattr(ig.analysis, name), type)
        for name in dir(ig.analysis)
    )
    assert "direction_tuning" in dir(ig.analysis)
    assert opening.__name__.split(".")[-1] not in dir(ig)
    for package in (ig.stimuli, ig.fitting, ig.plot):
        assert set(dir(package)) == set(package.__all__)
        assert not any(inspect.ismodule(getattr(package, n)) for n in dir(package))


def test_single_names_where_lists_are_meant(demo):
    for one, many in (
        ({"areas": "V1"}, {"areas": ["V1"]}),
        ({"fields": 1}, {"fields": [1]}),
        ({"unit_ids": 1003}, {"unit_ids": [1003]}),
        ({"indices": 3}, {"indices": [3]}),
    ):
        first, second = ig.select(demo, **one), ig.select(demo, **many)
        assert first == second and dict(first.rule) == dict(second.rule)
    named = PictureSession()
    assert ig.select(named, units="u2").indices.tolist() == [2]
    with pytest.raises(ig.InsilicoError, match="no area 'V9'"):
        ig.select(demo, areas="V9")
    for one, many in (("on", ["on"]), ("off", ["off"])):
        alone, listed = (ig.stimuli.gaussian_dots(polarity=k) for k in (one, many))
        assert alone.trials.equals(listed.trials)
    movie = ig.stimuli.drifting_gratings(n_directions=1, duration_s=0.5)
    seen = ig.encode(demo, movie, indices=3)
    fields = [ig.analysis.sta_receptive_fields(seen, movie, lags=k) for k in (2, [2])]
    assert fields[0].equals(fields[1])


def test_labels_without_an_index_are_taken_as_well(responses, demo):
    v1 = responses.sel(area="V1")
    expected = np.flatnonzero(demo.units["area"] == "V1")
    np.testing.assert_array_equal(v1.values, responses.values[:, expected])
    both = responses.sel(area=["V1", "LM"], time=slice(0.5, 1.0))
    assert set(both["area"].values) == {"V1", "LM"} and both["time"].min() >= 0.5
    assert responses.sel(unit_id=1003).dims == ("time",)
    assert responses.sel(pref_dir=slice(0, 90)).sizes["unit"] > 10
    with pytest.raises(KeyError, match="no area 'V9'"):
        responses.sel(area="V9")
    trials = ig.analysis.trial_responses(responses)
    np.testing.assert_array_equal(
        trials.sel(direction=180.0).values,
        trials.values[trials["direction"].values == 180.0],
    )
    part = responses.isel(unit=slice(0, 10)) + responses.isel(unit=slice(5, 20))
    assert part.sizes["unit"] == 5  # still aligned by unit_id alone
    assert responses["time"].attrs["units"] == "s"


def test_netcdf_holds_responses_and_results(responses, tmp_path):
    with_trials = ig.analysis.trial_responses(responses)
    tuning = ig.analysis.direction_tuning(responses)
    for k, one in enumerate((responses, with_trials)):
        one.to_netcdf(tmp_path / f"{k}.nc", engine="scipy")
        with xr.open_dataarray(tmp_path / f"{k}.nc", engine="scipy") as read:
            np.testing.assert_array_equal(read.values, one.values)
            assert read["area"].values.tolist() == one["area"].values.tolist()
            assert read["unit_id"].values.tolist() == one["unit_id"].values.tolist()
            assert read.attrs["stimulus"] == "drifting gratings"
            assert '"onset"' in read.attrs.get("trials", '"onset"')
    tuning.to_netcdf(tmp_path / "t.nc", engine="scipy")
    with xr.open_dataset(tmp_path / "t.nc", engine="scipy") as read:
        np.testing.assert_array_equal(read["curve"].values, tuning["curve"].values)
    assert isinstance(responses.attrs["trials"], dict)  # the array itself is unchanged


def test_progress_is_drawn_in_a_terminal_and_without_widgets(demo, capsys):
    frames = np.zeros((20, *demo.frame_shape), np.uint8)
    ig.encode(demo, frames, indices=[0], progress=True)
    assert "Encoding" in capsys.readouterr().err
