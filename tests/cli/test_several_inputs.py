"""Several inputs: an output for each, and one that fails ends no other."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.cli.terminal.batches import distinct, name_of
from insilico_gui.cli.terminal.exit_codes import SomeFailed, exit_code
from insilico_gui.cli.terminal.inputs import behaviors, clips, contents, files, sessions
from insilico_gui.errors import BehaviorError, ExportError, SessionError, StimulusError

SOME = ("--areas", "LM", "--fields", "1", "--device", "cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Clips of unequal length, one that is damaged, and responses to two of them."""
    made = tmp_path_factory.mktemp("several")
    rng = np.random.default_rng(0)
    (made / "clips").mkdir()
    for name, n in (("a", 12), ("b2", 16), ("b10", 14)):
        frames = rng.integers(0, 255, (n, 36, 64), dtype=np.uint8)
        np.save(made / "clips" / f"{name}.npy", frames)
    (made / "clips" / "bad.npy").write_bytes(b"nonsense")
    result = run("encode", "demo", made / "clips", "-o", made / "out", *SOME)
    assert isinstance(result.exception, SomeFailed)
    return made


def test_each_input_has_an_output(folder):
    out = folder / "out"
    assert {p.name for p in out.iterdir()} == {"a.npz", "b2.npz", "b10.npz"}
    session = ig.open_session("demo", device="cpu")
    chosen = ig.select(session, areas=["LM"], fields=[1])
    for name in ("a", "b10"):
        expected = ig.encode(session, np.load(folder / "clips" / f"{name}.npy"), chosen)
        np.testing.assert_array_equal(ig.load_responses(out / f"{name}.npz"), expected)


def test_what_fails_is_said_in_its_place(folder, tmp_path):
    pattern, out = folder / "clips" / "b*.npy", tmp_path / "new" / "{name}_v1.npz"
    result = run("encode", "demo", pattern, "-o", out, "--json", *SOME)
    assert exit_code(result.exception) == 3
    assert "1 of 3 inputs failed" in str(result.exception)
    assert "bad.npy: bad.npy is not a .npy file" in result.stderr
    told = json.loads(result.stdout)
    assert (told["n_done"], told["n_failed"]) == (2, 1)
    second, tenth, bad = told["results"]
    assert second["written"] == [str(tmp_path / "new" / "b2_v1.npz")]
    assert tenth["sizes"]["time"] == 14
    assert bad["error"].startswith("bad.npy is not") and "written" not in bad
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_analyses_of_a_folder_and_of_several_stimuli(folder, tmp_path):
    trials = tmp_path / "trials.csv"
    pd.DataFrame({"onset": [0, 0.2], "duration": [0.1] * 2, "side": [1, 2]}).to_csv(
        trials, index=False
    )
    given = ("--trials", trials, "--over", "side", "--burn-in-frames", 0)
    result = run("sparseness", folder / "out", "-o", tmp_path / "tables", *given)
    assert result.exit_code == 0, result.exception
    names = ["a.csv", "a.csv.json", "b10.csv", "b10.csv.json", "b2.csv", "b2.csv.json"]
    assert sorted(p.name for p in (tmp_path / "tables").iterdir()) == names
    shown = ("--stimulus", "contrast-series", "--stimulus", "size-series")
    said = error_of("sparseness", "demo", *shown, "-o", tmp_path / "one.csv", *SOME)
    assert "one.csv is one output" in said and "{name}.csv" in said


def test_export_and_compare_each(folder, tmp_path):
    out = folder / "out"
    result = run("export", out / "a.npz", out / "b2.npz", "-o", tmp_path / "csv", "-q")
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "csv" / "b2.csv").exists()
    result = run(
        *("compare", out / "b2.npz", out / "b10.npz", out / "a.npz"),
        *("-o", tmp_path / "{name}_to_a.parquet"),
    )
    assert result.exit_code == 0, result.exception
    table = pd.read_parquet(tmp_path / "b10_to_a.parquet")
    assert len(table) == len(ig.load_responses(out / "a.npz")["unit_id"])
    assert "name two files" in error_of("compare", out / "a.npz", "--json")


def test_names():
    assert name_of("films/a.b.mp4") == "a.b"
    assert name_of("twin/session-8") == "twin_session-8"
    assert name_of("x.nii.gz") == "x"
    assert distinct([("demo", "f/a.npy"), ("demo", "f/b.npy")]) == ["a", "b"]
    assert distinct([("s/1", "a.npy"), ("s/2", "a.npy")]) == ["s_1", "s_2"]
    assert distinct([("s", "a.npy"), ("t", "b.npy")]) == ["s_a", "t_b"]
    with pytest.raises(ExportError, match="outputs of the same name, a; rename one"):
        distinct([("one/a.npy",), ("two/a.npy",)])


def test_what_is_meant(folder, tmp_path):
    inside = [str(folder / "clips" / f"{n}.npy") for n in ("a", "b2", "b10", "bad")]
    assert files([folder / "clips" / "*.npy"]) == inside
    assert files(["missing.mp4"]) == ["missing.mp4"]
    with pytest.raises(StimulusError, match="no file like"):
        files([tmp_path / "*.mp4"])
    assert clips([folder / "clips"]) == inside
    (tmp_path / "1.png").touch()
    assert clips([tmp_path]) == [str(tmp_path)]
    with pytest.raises(StimulusError, match="holds no responses"):
        contents([folder / "clips"], (".npz", ".zarr"), "responses")
    assert sessions("demo", None) == sessions("d?mo", None) == ["demo"]
    with pytest.raises(SessionError, match="No session is like 'x\\*'"):
        sessions("x*", None)
    assert behaviors(["a.csv"], 3) == ["a.csv"] * 3
    with pytest.raises(BehaviorError, match="2 files of behaviour and 3 stimuli"):
        behaviors(["a.csv", "b.csv"], 3)
