"""Behaviour from files: for sessions that use it, checked before anything is encoded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.command_line import error_of, run
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.encoding.behavior_file import read_behavior
from insilico_gui.errors import BehaviorError

T = 12


class Mouse(LeakySession):
    """Takes eye position, which changes nothing, and a gain."""

    behavior = {"eye": 2, "gain": 1}  # noqa: RUF012
    behavior_columns = {"eye": ("eye_x", "eye_y")}  # noqa: RUF012


@pytest.fixture(scope="module")
def session():
    return Mouse()


def table(**columns):
    whole = {"frame": range(T), "eye_x": 0.1, "eye_y": 0.2, "gain": np.arange(T) / 4.0}
    return pd.DataFrame({**whole, **columns})


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npy"])
def test_columns_become_traces(session, tmp_path, suffix):
    path, whole = tmp_path / f"b{suffix}", table()
    if suffix == ".npy":
        np.save(path, whole[["eye_x", "eye_y", "gain"]].to_numpy())
    else:
        getattr(whole, f"to_{suffix[1:]}")(path, index=False)
    traces = read_behavior(session, path, T)
    assert {name: trace.shape for name, trace in traces.items()} == {
        "eye": (T, 2),
        "gain": (T, 1),
    }
    np.testing.assert_array_equal(traces["gain"][:, 0], np.arange(T) / 4)
    np.testing.assert_array_equal(traces["eye"], np.float32([[0.1, 0.2]] * T))


def test_columns_by_number_and_traces_that_are_left_out(session, tmp_path):
    pd.DataFrame({"time": range(T), "eye_1": 1.0, "eye_2": 2.0}).to_csv(
        tmp_path / "b.csv", index=False
    )
    traces = read_behavior(session, tmp_path / "b.csv")
    assert list(traces) == ["eye"]
    np.testing.assert_array_equal(traces["eye"], [[1, 2]] * T)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"gian": 1.0}, r"a column 'gian', .* \(did you mean 'gain'\?\)"),
        (
            {"eye_x": [0.1] * 7 + [np.nan] * 5},
            "eye_x of b.csv has no finite .* frame 7",
        ),
        ({"gain": ["fast"] * T}, "'gain' of b.csv holds text"),
    ],
)
def test_columns_that_are_wrong(session, tmp_path, columns, message):
    table(**columns).to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(BehaviorError, match=message):
        read_behavior(session, tmp_path / "b.csv", T)


def test_files_that_are_wrong(session, tmp_path):
    path = tmp_path / "b.csv"
    table().to_csv(path, index=False)
    with pytest.raises(BehaviorError, match="has 12 rows and the stimulus 40 frames"):
        read_behavior(session, path, 40)
    table().drop(columns="eye_y").to_csv(path, index=False)
    with pytest.raises(BehaviorError, match="no column 'eye_y'; eye needs eye_x and"):
        read_behavior(session, path, T)
    table()[["frame"]].to_csv(path, index=False)
    with pytest.raises(BehaviorError, match="no trace of this session; give some of"):
        read_behavior(session, path, T)
    np.save(tmp_path / "b.npy", np.zeros((T, 2)))
    with pytest.raises(BehaviorError, match=r"\[12, 2\]; give numbers \[frames, 3\]"):
        read_behavior(session, tmp_path / "b.npy", T)
    with pytest.raises(BehaviorError, match="takes no behaviour"):
        read_behavior(ig.open_session("demo"), path)


@pytest.fixture
def mouse(session, monkeypatch):
    """A session of the command line."""
    from insilico_gui.cli.terminal import batches

    monkeypatch.setattr(batches.ig, "open_session", lambda *_: session)
    return session


@pytest.fixture
def clip(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "clip.npy", rng.integers(0, 255, (T, 6, 8), dtype=np.uint8))
    return tmp_path / "clip.npy"


def test_encode_with_behavior(mouse, clip, tmp_path):
    table().to_csv(tmp_path / "clip.csv", index=False)
    out = tmp_path / "out.npz"
    given = ("--behavior", tmp_path / "{name}.csv", "--frame-rate", 10)
    assert run("encode", "mouse", clip, "-o", out, *given).exit_code == 0
    traces = read_behavior(mouse, tmp_path / "clip.csv")
    expected = ig.encode(mouse, np.load(clip), behavior=traces)
    np.testing.assert_array_equal(ig.load_responses(out), expected)
    assert not np.array_equal(expected, ig.encode(mouse, np.load(clip)))
    assert "the stimulus 36 frames at the 10 Hz" in error_of(
        *("encode", "mouse", clip, "-o", tmp_path / "x.npz", *given[:2]),
        *("--frame-rate", 10 / 3),
    )


def test_analyses_with_behavior(mouse, tmp_path):
    """The same as of the responses that were encoded with it."""
    shown = ig.stimuli.drifting_gratings(n_directions=4, duration_s=0.4, blank_s=0.2)
    spec = ig.stimuli.save_spec(shown.spec, tmp_path / "gratings.yaml")
    n = ig.stimuli.convert(shown, mouse.frame_shape, mouse.frame_rate).n_frames
    gain, made = tmp_path / "gain.csv", tmp_path / "r.npz"
    pd.DataFrame({"gain": np.linspace(0, 3, n)}).to_csv(gain, index=False)
    assert run("encode", "mouse", spec, "-o", made, "--behavior", gain).exit_code == 0
    tables = []
    for source in (
        ("mouse", "--stimulus", spec, "--behavior", gain),
        (made,),
        ("mouse", "--stimulus", spec),
    ):
        out = tmp_path / f"{len(tables)}.parquet"
        done = run("sparseness", *source, "-o", out, "--burn-in-frames", 0)
        assert done.exit_code == 0, done.exception
        name = "lifetime_sparseness_vinje_gallant"
        tables.append(pd.read_parquet(out)[name].to_numpy())
    np.testing.assert_array_equal(tables[0], tables[1])
    assert not np.allclose(tables[0], tables[2])
    assert "holds responses to a stimulus already; leave out --behavior" in error_of(
        "sparseness", made, "-o", tmp_path / "x.csv", "--behavior", gain
    )
