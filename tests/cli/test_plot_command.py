"""Plots from the command line: each kind, each source, and what is refused before work."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.cli.plots import figure_files, measured_plots, plot_command

mpl.use("Agg")

FIRST = range(40)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Responses to gratings, the table of their tuning, and an experiment with both."""
    folder = tmp_path_factory.mktemp("plots")
    session = ig.open_session("demo", device="cpu")
    shown = ig.stimuli.drifting_gratings(n_directions=4, duration_s=0.4, blank_s=0.3)
    responses = ig.encode(session, shown, indices=FIRST)
    ig.export(responses, folder / "r.npz")
    ig.export(2 * responses, folder / "double.csv")
    assert run("tuning", folder / "r.npz", "-o", folder / "t.csv").exit_code == 0
    made = ig.Experiment(library=folder / "library")
    made.add_session("demo", name="demo")
    made.add_stimulus(shown, name="gratings")
    made.select(indices=FIRST, name="first")
    made.encode("demo", "gratings", selection="first")
    made.analyse("direction tuning", "demo", "gratings")
    made.save(folder / "x.insilico.yaml")
    return folder


@pytest.fixture(autouse=True)
def own_library(files, monkeypatch):
    monkeypatch.setenv("INSILICO_LIBRARY", str(files / "library"))


@pytest.fixture
def drawn(monkeypatch):
    """The axes that commands have drawn."""
    found = []
    plain = figure_files.draw

    def keep(output, size, dpi, plot, *given, **how):
        def kept(*args, **kwargs):
            found.append(plot(*args, **kwargs))
            return found[-1]

        plain(output, size, dpi, kept, *given, **how)

    monkeypatch.setattr(plot_command, "draw", keep)
    monkeypatch.setattr(measured_plots, "draw", keep)
    return found


BEGINS = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


def done(kind, *arguments, out):
    result = run("plot", kind, *arguments, "-o", out)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == f"Written: {out}"
    assert out.read_bytes().startswith(BEGINS[out.suffix])
    return out


def test_maps(files, tmp_path, drawn):
    done("map", "demo", "--color", "pref_dir", "--area", "V1", out=tmp_path / "a.svg")
    n_v1 = int((ig.open_session("demo").units["area"] == "V1").sum())
    assert len(drawn[-1].collections[0].get_offsets()) == n_v1
    done("map", files / "t.csv", "--color", "gOSI_measured", out=tmp_path / "b.png")
    assert len(drawn[-1].collections[0].get_offsets()) == len(FIRST)
    of = ("--color", "response", "--time-s", 0.5, "--limits", "0,2")
    done("map", files / "r.npz", *of, out=tmp_path / "c.pdf")
    assert drawn[-1].collections[0].get_clim() == (0.0, 2.0)
    done(
        *("map", "demo", "--where", "gOSI>=0.5", "--layout", "anatomical"),
        *("--color", "gDSI_measured", "--columns", files / "t.csv"),
        out=tmp_path / "d.svg",
    )
    of = ("--selection", "first", "--stimulus", "gratings", "--time-s", "0.3")
    done("map", files / "x.insilico.yaml", *of, out=tmp_path / "e.png")
    assert drawn[-1].images and max(drawn[-1].collections[0].get_linewidths()) == 1.0


def test_tuning_and_responses_in_time(files, tmp_path, drawn):
    done("tuning", files / "r.npz", "--unit-ids", 1003, out=tmp_path / "a.svg")
    assert drawn[-1].get_title() == "unit 1003"
    done(
        *("tuning", files / "x.insilico.yaml", "--unit-ids", "1003,1004"),
        *("--kind", "polar"),
        out=tmp_path / "b.svg",
    )
    assert drawn[-1].get_title() == "mean of 2 units" and drawn[-1].name == "polar"
    of = ("--sort", "gOSI_measured", "--columns", files / "t.csv")
    done("raster", files / "r.npz", *of, out=tmp_path / "c.png")
    assert drawn[-1].images[0].get_array().shape[0] == len(FIRST)
    done("traces", files / "r.npz", "--unit-ids", "1003,1004", out=tmp_path / "d.pdf")
    assert len(drawn[-1].lines) == 2
    direct = ig.load_responses(files / "r.npz").sel(unit_id=1003)
    assert drawn[-1].lines[0].get_ydata() == pytest.approx(direct.values)


def test_populations_comparisons_and_maps_of_the_sheet(files, tmp_path, drawn):
    done(
        "population",
        files / "t.csv",
        "--column",
        "gOSI_measured",
        out=tmp_path / "a.svg",
    )
    done("compare", files / "double.csv", files / "r.npz", out=tmp_path / "b.svg")
    assert "r = 1.000" in drawn[-1].get_title()
    done(
        *("compare", files / "t.csv", files / "t.csv", "--column", "gOSI_measured"),
        *("--size", "4x3"),
        out=tmp_path / "c.png",
    )
    assert drawn[-1].get_figure().get_size_inches().tolist() == [4.0, 3.0]
    done(
        *("retinotopy", "demo", "--known", "--quantity", "azimuth"),
        out=tmp_path / "d.svg",
    )


def test_a_receptive_field_from_a_file(files, tmp_path, drawn):
    session = ig.open_session("demo", device="cpu")
    dots = ig.stimuli.gaussian_dots(n_columns=8, n_rows=5)
    ig.export(ig.encode(session, dots, unit_ids=[1008]), tmp_path / "dots.npz")
    done("field", tmp_path / "dots.npz", "--unit-id", 1008, out=tmp_path / "f.svg")
    assert drawn[-1].get_title().startswith("unit 1008")


def test_the_same_plot_is_the_same_file(files, tmp_path):
    made = [
        done("traces", files / "r.npz", "--unit-ids", 1003, out=tmp_path / name)
        for name in ("a.svg", "b.svg", "a.pdf", "b.pdf")
    ]
    assert made[0].read_bytes() == made[1].read_bytes()
    assert made[2].read_bytes() == made[3].read_bytes()


def test_what_is_wrong_is_one_sentence(files, tmp_path):
    out = ("-o", tmp_path / "o.svg")
    responses, table = files / "r.npz", files / "t.csv"
    (tmp_path / "plain.csv").write_text("a,b\n1,2\n")
    (tmp_path / "there.svg").write_text("mine")
    cases = {
        "no file of an experiment": ("map", "demo", "--selection", "a", *out),
        "there is|There is no column": ("map", "demo", "--color", "nothing", *out),
        "is a table of units": ("raster", table, *out),
        "name what is shown": ("traces", "demo", *out),
        "neither a file of responses nor": ("map", tmp_path / "plain.csv", *out),
        "no limits": ("map", "demo", "--limits", "2", *out),
        "no size of a figure": ("map", "demo", "--size", "big", *out),
        "cannot be drawn": ("map", "demo", "--size", "90x90", "--dpi", 2000, *out),
        "no kind of tuning plot": ("tuning", responses, "--kind", "flat", *out),
        "no method": ("field", "demo", "--method", "magic", *out),
        "With --known": ("retinotopy", "demo", "--known", "--window-s", 1, *out),
        "leave out --area": (
            *("map", files / "x.insilico.yaml", "--area", "V1"),
            *out,
        ),
        "no unit_id|unit_id 7": ("traces", responses, "--unit-ids", 7, *out),
        "no known format": ("map", "demo", "-o", tmp_path / "o.jpg"),
        "exists": ("map", "demo", "-o", tmp_path / "there.svg"),
        "which parameter|Which parameter": ("condition-tuning", responses, *out),
        "x, y and z": ("scalp", _without_places(tmp_path), "--color", "a", *out),
    }
    for expected, arguments in cases.items():
        said = error_of("plot", *arguments)
        assert any(part in said for part in expected.split("|")), (expected, said)
        assert "\n" not in said and len(said) < 400
    assert not (tmp_path / "o.svg").exists()
    assert (tmp_path / "there.svg").read_text() == "mine"
    np.savez(tmp_path / "maps.npz", rf=np.zeros(3))
    said = error_of("plot", "map", tmp_path / "maps.npz", *out)
    assert "maps.npz holds no responses" in said


def _without_places(folder):
    path = folder / "units.csv"
    pd.DataFrame({"unit_id": [1, 2], "a": [0.1, 0.2]}).to_csv(path, index=False)
    return path
