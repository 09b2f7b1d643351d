"""Which part of a sequence a command analyses."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.analysis import sparseness_columns, take_part
from insilico_gui.analysis.tuning.parameters import parameter_tuning
from insilico_gui.analysis.tuning.registry import tune
from insilico_gui.cli import sources
from insilico_gui.stimuli import Sequence, drifting_gratings, gaussian_dots
from insilico_gui.stimuli.spec.files import save_spec

SOME = ("--area", "V1", "--field", 1, "--device", "cpu")


def gratings(frequency):
    return drifting_gratings(
        duration_s=0.5,
        blank_s=0.2,
        n_directions=8,
        temporal_frequency=frequency,
    ).spec


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    """Dots between gratings that vary the same, not in the order of the specification."""
    dots = gaussian_dots(n_columns=3, n_rows=2).spec
    spec = Sequence(
        parts=[gratings(4), dots, gratings(1)], blank_s=0.2, order="random", seed=2
    )
    assert spec.part_order.tolist() != [0, 1, 2]
    path = tmp_path_factory.mktemp("sequence") / "sequence.yaml"
    save_spec(spec, path)
    return path


@pytest.fixture(scope="module")
def responses(sequence):
    out = sequence.with_name("responses.npz")
    result = run("encode", "demo", sequence, "-o", out, *SOME)
    assert result.exit_code == 0, result.output
    return out


@pytest.mark.parametrize("part", ["3", "drifting_gratings_2", "drifting-gratings-2"])
def test_tuning_of_a_part(responses, part, tmp_path):
    out = tmp_path / "tuning.csv"
    result = run("tuning", responses, "-o", out, "--part", part, "-p", "direction")
    assert result.exit_code == 0, result.output
    taken = take_part(ig.load_responses(responses), "drifting_gratings_2")
    assert set(taken.attrs["trials"]["temporal_frequency"]) == {1}
    _, columns = tune(taken, "direction")
    pd.testing.assert_series_equal(
        pd.read_csv(out)["pref_dir_measured"],
        columns["pref_dir"].reset_index(drop=True),
        check_names=False,
        rtol=1e-9,
    )
    about = json.loads(out.with_suffix(".csv.json").read_text())
    assert about["analysis"]["part"] == "drifting_gratings_2"


def test_the_number_is_that_in_the_specification(responses, tmp_path):
    out = tmp_path / "sparse.csv"
    asked = ("--part", 1, "--over", "direction")
    result = run("sparseness", responses, "-o", out, *asked)
    assert result.exit_code == 0, result.output
    assert "8 conditions" in result.stdout
    taken = take_part(ig.load_responses(responses), "drifting_gratings")
    columns = sparseness_columns(parameter_tuning(taken, "direction"))
    columns = columns.reset_index(drop=True)
    found = pd.read_csv(out)["lifetime_sparseness_vinje_gallant"]
    pd.testing.assert_series_equal(found, columns.iloc[:, 0], rtol=1e-9)


def test_a_part_is_shown_and_mapped(sequence, tmp_path):
    """Of a session, the whole sequence is shown."""
    out = tmp_path / "fields.csv"
    asked = ("--stimulus", sequence, "--part", "gaussian-dots", *SOME)
    result = run("receptive-fields", "demo", "-o", out, *asked)
    assert result.exit_code == 0, result.output
    about = json.loads(out.with_suffix(".csv.json").read_text())
    assert about["analysis"]["part"] == "gaussian_dots"
    assert about["analysis"]["variant"] == "dots"


def test_what_cannot_be_is_said_before_encoding(
    sequence, responses, tmp_path, monkeypatch
):
    monkeypatch.setattr(sources, "encode_with_bar", lambda *_: pytest.fail("encoded"))
    out = ("-o", tmp_path / "table.csv")
    shown = ("demo", *out, "--stimulus", sequence)
    both = error_of("tuning", *shown, "-p", "direction")
    assert "Several parts of the sequence vary direction" in both
    assert "--part" in both
    known = "1 drifting_gratings, 2 gaussian_dots, 3 drifting_gratings_2"
    for part in ("0", "4", "bars"):
        sentence = error_of("tuning", *shown, "--part", part)
        assert f"no part {part!r}; it has {known}." in sentence
    assert "no sequence" in error_of("tuning", "demo", *out, "--part", "1")
    averages = ("receptive-fields", responses, *out, "--method", "sta")
    assert "possible: dots" in error_of(*averages, "--part", "2")
    assert "leave out --known" in error_of(
        "retinotopy", "demo", *out, "--known", "--part", "1"
    )
