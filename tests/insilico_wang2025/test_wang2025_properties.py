"""Published properties: one joined table, and its download."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
from insilico_wang2025 import twin
from insilico_wang2025.published import FILES, PROPERTIES_URL, SPARE
from support import wang2025_tables as tables
from support.command_line import error_of
from support.range_server import serving_folder

import insilico_gui as ig
from insilico_gui.errors import SessionError, UntrustedFileError, WeightsError
from insilico_gui.untrusted import DownloadCancelled
from insilico_gui.untrusted.transfers import Patience

UNITS = 40
HASTY = Patience(tries=2, pause_s=0.01)
PUBLISHED = (
    *("session", "scan_idx", "unit_id", "cc_abs", "cc_max", "cc_norm"),
    *("OSI", "DSI", "gOSI", "gDSI", "pref_ori", "pref_dir"),
    *("unit_x", "unit_y", "unit_z", "brain_area", "field"),
    *("readout_x", "readout_y", "readout_weight_0", "readout_weight_511"),
)


@pytest.fixture
def truth():
    return tables.truth(UNITS)


@pytest.fixture
def folder(truth, tmp_path):
    """All folders, each with its rows in an order of its own."""
    place = tmp_path / "published"
    rng = np.random.default_rng(1)
    locations = rng.uniform(-1, 1, (UNITS, 2)).astype(np.float32)
    tables.write_properties(place, truth, locations)
    readout = pd.read_csv(place / "readout/units.csv")
    weights = readout["unit_id"].to_numpy()[:, None] + np.arange(512) / 1000
    weights += 1000 * readout["session"].to_numpy()[:, None]
    np.save(place / "readout/readout_weights.npy", weights.astype(np.float32))
    for k, name in enumerate(("anatomy", "ori_dir_tuning", "performance")):
        path = place / name / "units.csv"
        rows = pd.read_csv(path).sample(frac=1, random_state=k)
        rows.to_csv(path, index=False)
        scans = pd.DataFrame(
            {"animal_id": 17797, "session": [6, 8], "scan_idx": [5, 5]}
        )
        scans.to_csv(place / name / "metadata.csv", index=False)
    return place


def test_one_table_with_every_column(folder, truth):
    table = ig.open_properties(folder)
    assert set(PUBLISHED) <= {*table} and len(table) == 2 * UNITS
    assert (table["animal_id"] == 17797).all()
    scan = table[table["session"] == 8].set_index("unit_id").loc[truth["unit_id"]]
    for name, published in (
        ("x", "unit_x"),
        ("area", "brain_area"),
        ("field", "field"),
    ):
        assert scan[published].tolist() == pytest.approx(truth[name].tolist())
    for name in ("cc_norm", "pref_dir", "gOSI"):
        np.testing.assert_allclose(scan[name], truth[name], rtol=1e-6)
    expected = scan.index.to_numpy() + 8000 + 0.511
    np.testing.assert_allclose(scan["readout_weight_511"], expected, rtol=1e-6)
    # where published locations are known to a session, they are the same
    rows = np.load(folder / "readout/readout_locations.npy")
    order = pd.read_csv(folder / "readout/units.csv")
    np.testing.assert_array_equal(table[["readout_x", "readout_y"]], rows)
    assert table["unit_id"].tolist() == order["unit_id"].tolist()
    assert table.attrs["missing"] == [] and table.attrs["notes"] == []
    assert "readout_weight_0" not in ig.open_properties(folder, weights=False)


def test_what_is_missing_is_told(folder, caplog):
    shutil.rmtree(folder / "performance")
    (folder / "readout/readout_weights.npy").unlink()
    tuning = pd.read_csv(folder / "ori_dir_tuning/units.csv")
    tuning.iloc[3:].to_csv(folder / "ori_dir_tuning/units.csv", index=False)
    table = ig.open_properties(folder)
    assert table.attrs["missing"] == ["performance"] and "performance" in caplog.text
    assert "cc_abs" not in table and table["OSI"].isna().sum() == 3
    notes = " ".join(table.attrs["notes"])
    assert "no readout_weights.npy" in notes
    assert "3 units of the folders before are not in ori_dir_tuning" in notes


def test_responses_are_named_and_not_read(folder):
    (folder / "responses").mkdir()
    np.save(folder / "responses/responses.npy", np.zeros((80, 7), np.float32))
    assert ig.open_properties(folder).attrs["responses"]["shape"] == [80, 7]


def test_what_does_not_fit_is_refused(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SessionError, match="holds no properties"):
        ig.open_properties(tmp_path / "empty")
    with pytest.raises(SessionError, match="is not a folder"):
        ig.open_properties(tmp_path / "none")
    path = folder / "readout/readout_weights.npy"
    whole = path.read_bytes()
    np.save(path, np.zeros((79, 512), np.float32))
    with pytest.raises(WeightsError, match=r"\[79, 512\].*\[80, 512\]"):
        ig.open_properties(folder)
    path.write_bytes(whole[:-100])
    with pytest.raises(WeightsError, match="cannot be read"):
        ig.open_properties(folder)
    path.write_bytes(whole)
    rows = pd.read_csv(folder / "performance/units.csv")
    pd.concat([rows, rows.iloc[:2]]).to_csv(
        folder / "performance/units.csv", index=False
    )
    with pytest.raises(WeightsError, match="has 2 units twice"):
        ig.open_properties(folder)
    rows.drop(columns="cc_max").to_csv(folder / "performance/units.csv", index=False)
    with pytest.raises(WeightsError, match="no column cc_max"):
        ig.open_properties(folder)


def test_fetched_properties_open(folder, tmp_path):
    seen = []
    with serving_folder(folder) as server:
        twin.fetch_published(
            "properties", tmp_path / "p", lambda *a: seen.append(a), base_url=server.url
        )
        assert [name for name, _ in server.asked] == [*FILES, *SPARE]
        server.asked.clear()
        # what is there is not asked for again, except for what there was not
        twin.fetch_published("properties", tmp_path / "p", base_url=server.url)
        assert [name for name, _ in server.asked] == ["readout/metadata.csv"]
    done = [n for n, _ in seen]
    assert done == sorted(done) and seen[-1][0] == seen[-1][1] > 10**5
    pd.testing.assert_frame_equal(
        ig.open_properties(tmp_path / "p"), ig.open_properties(folder), check_like=True
    )


FETCH = """
import sys
from pathlib import Path
from insilico_wang2025 import twin
twin.fetch_published("properties", Path(sys.argv[2]), base_url=sys.argv[1])
"""


def test_a_killed_fetch_is_gone_on_with(folder, tmp_path):
    target = tmp_path / "p"
    part = target / "readout/.readout_weights.npy.insilico-part/readout_weights.npy"
    with serving_folder(folder) as server:
        server.pace_s = 0.05
        running = subprocess.Popen(
            [sys.executable, "-c", FETCH, server.url, str(target)]
        )
        until = time.monotonic() + 60
        while time.monotonic() < until and not (
            part.exists() and part.stat().st_size > 2**15
        ):
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        running.wait()
        had = part.stat().st_size
        assert 2**15 < had < 80 * 512 * 4
        assert not (target / "readout/readout_weights.npy").exists()
        server.pace_s = 0.0
        server.asked.clear()
        twin.fetch_published("properties", target, base_url=server.url)
        assert ("readout/readout_weights.npy", f"bytes={had}-") in server.asked
        assert "anatomy/units.csv" not in [name for name, _ in server.asked]
    for name in FILES:
        assert (target / name).read_bytes() == (folder / name).read_bytes()
    assert len(ig.open_properties(target)) == 2 * UNITS


def test_what_goes_wrong_is_one_sentence(folder, tmp_path):
    def refused(error, match, **options):
        with pytest.raises(error, match=match) as caught:
            twin.fetch_published(
                "properties", tmp_path / "p", patience=HASTY, **options
            )
        assert "\n" not in str(caught.value)

    with serving_folder(folder) as server:
        url = {"base_url": server.url}
        server.wrong_tag = {"anatomy/units.csv"}
        refused(UntrustedFileError, r"units.csv is not the published file", **url)
        server.wrong_tag = set()
        cancel = threading.Event()
        cancel.set()
        refused(DownloadCancelled, "was cancelled", cancel=cancel, **url)
        (folder / "performance/units.csv").unlink()
        refused(
            SessionError, r"performance/units.csv is not there \(error 404\)", **url
        )
        (tmp_path / "p/anatomy/units.csv").write_text("mine")
        refused(SessionError, "units.csv exists and was not downloaded", **url)
        assert (tmp_path / "p/anatomy/units.csv").read_text() == "mine"
        (tmp_path / "file").write_text("")
        with pytest.raises(SessionError, match="cannot be made"):
            twin.fetch_published("properties", tmp_path / "file", **url)
    (tmp_path / "p/anatomy/units.csv").unlink()
    refused(SessionError, "could not be downloaded .*try again", **url)  # no server now
    with pytest.raises(SessionError, match="nothing published by the name 'x'"):
        twin.fetch_published("x", tmp_path)


def test_names_on_the_command_line(tmp_path):
    message = error_of("fetch", "wang2025-x", tmp_path)
    assert "wang2025, wang2025-properties" in message
    assert PROPERTIES_URL.endswith("/digital_twin_properties/v2/")
