"""Where scans are found, and what is said when they are not."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from insilico_wang2025 import twin
from support import wang2025_synthetic as synthetic
from support.wang2025_tables import metadata, truth, write_properties

import insilico_gui as ig
from insilico_gui.errors import SessionError, UntrustedFileError, WeightsError

if TYPE_CHECKING:
    from pathlib import Path

UNITS = 64
SCANS = ["wang2025/session-4_scan-7", "wang2025/session-8_scan-5"]


def ids(directory: Path) -> list[str]:
    return [info.id for info in twin.sessions(directory)]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A published folder whose scan 8-5 has 8 units."""
    folder = tmp_path / "weights"
    synthetic.write_params(folder, 7, 8, (8, 5))
    synthetic.write_tables(folder, 8, (8, 5))
    return folder


@pytest.fixture
def tree(small: Path) -> Path:
    """The same as a tree of encoding models, with metadata."""
    root = small.parent / "root"
    model = root / "encoding_models/modality-calcium_2p/train_dataset-wang_2025"
    model /= "model-3DCNN"
    shutil.copytree(small, model / "encoding_models_weights")
    (model / "metadata").mkdir()
    np.save(model / "metadata/session-8_scan-5_metadata.npy", metadata(truth(8)))
    return root


def test_a_published_folder_and_its_parent(weights_folder, tmp_path):
    assert ids(weights_folder) == SCANS
    (tmp_path / "published").symlink_to(weights_folder)
    assert ids(tmp_path) == SCANS
    assert twin.sessions(None) == []


def test_an_empty_folder_has_no_scans(tmp_path):
    assert ids(tmp_path) == []
    with pytest.raises(SessionError, match=r"does not hold params_core\.pt"):
        twin.open(SCANS[0], tmp_path, "cpu")


def test_what_is_said_of_a_scan(weights_folder):
    info = twin.sessions(weights_folder)[1]
    assert info.n_units == UNITS
    assert "session 8, scan 5" in info.title
    assert info.areas == info.fields == {}


def test_the_host_finds_and_opens_scans(weights_folder):
    assert set(SCANS) <= set(ig.list_sessions(weights_folder))
    session = ig.open_session(SCANS[1], weights_folder, device="cpu")
    assert session.units["unit_id"].tolist() == synthetic.unit_ids(UNITS).tolist()


def test_listing_takes_no_torch(tree):
    code = (
        "import sys, pathlib; from insilico_wang2025 import twin; "
        f"(info,) = twin.sessions(pathlib.Path({str(tree)!r})); "
        "assert info.areas; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "spelling",
    ["session8_scan5", "SESSION-8_Scan-5", " session-8_scan5 "],
)
def test_spellings_of_a_scan(small, spelling):
    session = twin.open(f"wang2025/{spelling}", small, "cpu")
    assert session.id == "wang2025/session-8_scan-5"


@pytest.mark.parametrize("name", ["wang2025", "wang2025/8_5", "other/session-8_scan-5"])
def test_names_that_are_no_scan(small, name):
    with pytest.raises(SessionError, match="does not name a scan"):
        twin.open(name, small, "cpu")


def test_scans_that_are_not_there(weights_folder):
    with pytest.raises(SessionError, match=r"weights params_9_3\.pt are not in"):
        twin.open("wang2025/session-9_scan-3", weights_folder, "cpu")
    with pytest.raises(SessionError, match="scans found: session-4_scan-7, session-8"):
        twin.open("wang2025/session-1_scan-1", weights_folder, "cpu")
    with pytest.raises(SessionError, match="give the folder"):
        twin.open(SCANS[0], None, "cpu")


def test_a_tree_of_encoding_models_from_any_of_its_folders(tree):
    for folder in (tree, *(p for p in tree.rglob("*") if p.is_dir())):
        expected = [] if folder.name == "metadata" else SCANS[1:]
        assert ids(folder) == expected, folder


def test_metadata_of_a_tree(tree, small):
    expected = truth(8)
    (info,) = twin.sessions(tree)
    assert info.areas == expected["area"].value_counts().to_dict()
    counts = expected["field"].value_counts()
    assert info.fields == {str(k): n for k, n in counts.items()}
    units = twin.open(SCANS[1], tree, "cpu").units
    for name in expected:
        assert units[name].tolist() == expected[name].tolist(), name
    assert units["field"].dtype == np.int64
    plain = twin.open(SCANS[1], small, "cpu").units
    assert list(plain) == ["unit_id", "session", "scan_idx", "rf_x", "rf_y"]


def metadata_file(tree: Path) -> Path:
    return next(tree.rglob("*_metadata.npy"))


def test_older_spellings_of_a_tree(tree, small):
    file = metadata_file(tree)
    file.rename(file.with_name("session8_scan5_metadata.npy"))
    data_set = file.parents[2]
    data_set.rename(data_set.with_name("train_dataset-natural_videos"))
    assert ids(tree) == SCANS[1:]
    session = twin.open(SCANS[1], tree, "cpu")
    assert "area" in session.units
    assert session.attrs["unit_properties"] == ["session8_scan5_metadata.npy"]


def test_metadata_in_another_order_is_matched_by_unit(tree, caplog):
    shuffled = truth(8).sample(frac=1, random_state=1)
    np.save(metadata_file(tree), metadata(shuffled))
    with caplog.at_level(logging.WARNING):
        units = twin.open(SCANS[1], tree, "cpu").units
    assert "another order" in caplog.text
    assert units["OSI"].tolist() == truth(8)["OSI"].tolist()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m: m["calcium_2p"].update(unit_id=np.arange(8)), "other units"),
        (lambda m: m["calcium_2p"].update(OSI=np.zeros(7)), "a OSI that"),
        (lambda m: m["calcium_2p"].update(coordinates=np.zeros((8, 2))), "coordinates"),
        (lambda m: m["calcium_2p"]["roi"].update(RL=np.ones(8, int)), "two areas"),
        (lambda m: m["calcium_2p"]["field_masks"].clear(), "no field"),
        (lambda m: m["calcium_2p"]["field_masks"].update(a=np.ones(8)), "number"),
        (lambda m: m["calcium_2p"].pop("unit_id"), "no unit_id"),
        (lambda m: m.pop("calcium_2p"), "no section calcium_2p"),
    ],
)
def test_metadata_that_do_not_fit(tree, caplog, spoil, message):
    content = metadata(truth(8))
    spoil(content)
    np.save(metadata_file(tree), content)
    with pytest.raises(WeightsError, match=message):
        twin.open(SCANS[1], tree, "cpu")
    assert ids(tree) == SCANS[1:]  # listed all the same


def test_metadata_with_code(tree, tmp_path):
    marker = tmp_path / "code-has-run"

    class Payload:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    np.save(metadata_file(tree), {"calcium_2p": Payload()})
    assert ids(tree) == SCANS[1:]
    with pytest.raises(UntrustedFileError, match="not plain data"):
        twin.open(SCANS[1], tree, "cpu")
    assert not marker.exists()


@pytest.mark.parametrize(
    "place",
    [
        "weights",
        "weights/digital_twin_properties/v2",
        "weights/properties",
        "digital_twin_properties",
        "digital_twin_properties_v2",
    ],
)
def test_properties_are_found_and_joined(small, place):
    expected = truth(8)
    write_properties(small.parent / place, expected)
    (info,) = twin.sessions(small)
    assert info.areas == expected["area"].value_counts().to_dict()
    session = twin.open(SCANS[1], small, "cpu")
    for name in expected:
        found = session.units[name]
        if found.dtype.kind == "f":
            np.testing.assert_allclose(found, expected[name], rtol=1e-6)
        else:
            assert found.tolist() == expected[name].tolist()
    name = place.split("/")[-1]
    assert f"{name}/anatomy" in session.attrs["unit_properties"]
    # the units as a set that a picture of all areas needs
    assert list(session.units)[:10] == [
        *("unit_id", "session", "scan_idx", "rf_x", "rf_y"),
        *("x", "y", "z", "area", "field"),
    ]


def test_the_retired_version_of_properties_is_passed_by(small):
    write_properties(small.parent / "digital_twin_properties" / "v1", truth(8))
    write_properties(small.parent / "digital_twin_properties_v1", truth(8))
    assert "area" not in twin.open(SCANS[1], small, "cpu").units


def test_only_some_properties(small):
    write_properties(small, truth(8))
    shutil.rmtree(small / "anatomy")
    units = twin.open(SCANS[1], small, "cpu").units
    assert "area" not in units
    assert "gOSI" in units


def test_units_in_no_area(small):
    table = truth(8)
    table.loc[2, "area"] = None
    write_properties(small, table)
    assert twin.open(SCANS[1], small, "cpu").units["area"][2] == ""


def test_properties_of_other_units(small):
    table = truth(8)
    table["unit_id"] += 1
    write_properties(small, table)
    with pytest.raises(WeightsError, match="8 of 8 units are missing"):
        twin.open(SCANS[1], small, "cpu")


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("units.csv", lambda t: t[t["readout_id"] != 3], "from 0 to 7"),
        ("units.csv", lambda t: t.assign(unit_id=1), "twice"),
        ("units.csv", lambda t: t.drop(columns="readout_id"), "no column readout_id"),
        ("units.csv", lambda t: t.assign(unit_id="a"), "not numbers"),
        ("scans.csv", lambda t: t.assign(units=9), "from 0 to 8"),
        ("scans.csv", lambda t: t.assign(units=7.5), "not numbers"),
    ],
)
def test_tables_that_do_not_fit(small, file, change, message):
    import pandas as pd

    change(pd.read_csv(small / file)).to_csv(small / file, index=False)
    with pytest.raises(WeightsError, match=message):
        twin.open(SCANS[1], small, "cpu")


@pytest.mark.parametrize("name", ["units.csv", "scans.csv"])
def test_tables_that_are_missing_or_no_tables(small, name):
    (small / name).write_bytes(b"\xff\x00")
    with pytest.raises(WeightsError, match=name):
        twin.open(SCANS[1], small, "cpu")
    (small / name).unlink()
    with pytest.raises(WeightsError, match=f"{name} is missing in weights"):
        twin.open(SCANS[1], small, "cpu")


def test_a_folder_that_cannot_be_read(small):
    with pytest.raises(SessionError, match="cannot be read"):
        ids(small / "units.csv")
