"""Flies as sessions of the host."""

from __future__ import annotations

import subprocess
import sys

import pytest
from insilico_drosophila import make_synthetic_fly
from insilico_drosophila.twin import twin

from insilico_gui import InsilicoError
from insilico_gui.session import Session, check_units


def test_flies_of_a_folder_are_listed_and_opened(tmp_path):
    make_synthetic_fly(tmp_path / "data", 1, 40, 5)
    make_synthetic_fly(tmp_path / "data", 2, 40, 5, version="783", recording="b_2")
    (tmp_path / "data" / "spike_rates" / "ito_c_1_spike_rate.npz").write_bytes(b"0")
    infos = twin.sessions(tmp_path)
    assert [info.id for info in infos] == [
        "drosophila/630_2017-10-26_1",
        "drosophila/630_b_2",
        "drosophila/783_2017-10-26_1",
        "drosophila/783_b_2",
    ]
    assert {(i.n_units, i.input_kind, i.notes) for i in infos} == {(8, "drive", "")}
    session = twin.open(infos[3].id, tmp_path, "cpu")
    assert isinstance(session, Session) and session.id == infos[3].id
    check_units(session.units, session.id)
    assert session.attrs["checkpoint"] == "first-round-checkpoint.msgpack"
    assert session.attrs["weights_hash"].startswith("sha256:")
    (tmp_path / "data" / "first-round-checkpoint.msgpack").unlink()
    assert "untrained" in twin.sessions(tmp_path)[0].notes
    assert "none" in twin.open(infos[0].id, tmp_path, "cpu").attrs["checkpoint"]


def test_a_folder_without_flies_has_none(tmp_path):
    assert twin.sessions(tmp_path) == [] and twin.sessions(None) == []
    assert twin.sessions(tmp_path / "none") == []


@pytest.mark.parametrize("name", ["drosophila/x", "drosophila/999_a", "demo"])
def test_ids_of_no_fly(tmp_path, name):
    with pytest.raises(InsilicoError):
        twin.open(name, tmp_path, "cpu")
    with pytest.raises(InsilicoError):
        twin.open(name, None, "cpu")


def test_listing_imports_no_torch(tmp_path):
    code = (
        "import sys; from pathlib import Path; from insilico_drosophila.twin import twin;"
        f"twin.sessions(Path({str(tmp_path)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
