"""Files of voxel models that are damaged, hostile, or of something else."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from insilico_berg import nsd_fwrf
from insilico_berg.fwrf.checkpoint import load_part
from support import berg_fwrf

from insilico_gui.errors import (
    InsilicoError,
    SessionError,
    UntrustedFileError,
    WeightsError,
)

ID = "nsd-fwrf/subject-1_roi-V1"


class Hostile:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.fixture
def content():
    return berg_fwrf.checkpoint(berg_fwrf.SEED, 1, 4)


def refused(content, tmp_path, error=WeightsError, subject=1):
    path = berg_fwrf.save(content, tmp_path / "weights_sub-01_roi-V1.pt")
    with pytest.raises(error) as caught:
        load_part(path, subject)
    message = str(caught.value)
    assert path.name in message
    return message


def test_a_file_without_the_training_history_is_enough(tmp_path, content):
    path = berg_fwrf.save({"best_params": content["best_params"]}, tmp_path / "w.pt")
    assert len(load_part(path, 1).readout) == 4


def test_the_right_subject_of_several(tmp_path, content):
    other = berg_fwrf.readout(berg_fwrf.SEED, 5, 3)
    content["best_params"]["fwrfs"][5] = other
    path = berg_fwrf.save(content, tmp_path / "w.pt")
    torch.testing.assert_close(load_part(path, 5).readout.bias, other["b"])
    assert len(load_part(path, 1).readout) == 4


def test_another_subject(tmp_path, content):
    message = refused(content, tmp_path, subject=3)
    assert "no weights of subject 3 (subjects in it: 1)" in message


@pytest.mark.parametrize("key", ["best_params"])
def test_a_missing_section(tmp_path, content, key):
    del content[key]
    assert repr(key) in refused(content, tmp_path)


@pytest.mark.parametrize(
    "name", ["mu", "pre.conv1.0.bias", "enc.conv6b.bn1.running_var"]
)
def test_a_missing_layer(tmp_path, content, name):
    del content["best_params"]["enc"][name]
    assert f"lacks the tensor '{name}'" in refused(content, tmp_path)


@pytest.mark.parametrize("name", ["rf0", "rf2", "w", "b"])
def test_a_missing_part_of_the_readout(tmp_path, content, name):
    del content["best_params"]["fwrfs"][1][name]
    assert f"lacks the tensor '{name}'" in refused(content, tmp_path)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("rf1", (4, 27, 27)),
        ("rf0", (3, 27, 27)),
        ("w", (4, 767)),
        ("w", (768,)),
        ("b", (4, 1)),
        ("b", (0,)),
    ],
)
def test_shapes_that_do_not_fit(tmp_path, content, name, shape):
    content["best_params"]["fwrfs"][1][name] = torch.zeros(shape)
    assert "shape" in refused(content, tmp_path)


def test_no_voxels(tmp_path):
    content = berg_fwrf.checkpoint(berg_fwrf.SEED, 1, 0)
    assert "no voxels" in refused(content, tmp_path)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("enc.conv3.weight", (128, 100, 3, 3)),
        ("enc.conv4a.bn1.weight", (64,)),
        ("pre.conv1.0.weight", (64, 3)),
        ("mu", (1, 4, 1, 1)),
    ],
)
def test_layers_that_do_not_fit_each_other(tmp_path, content, name, shape):
    content["best_params"]["enc"][name] = torch.zeros(shape)
    assert "do not fit each other" in refused(content, tmp_path)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("where", ["enc", "fwrfs"])
def test_numbers_that_are_none(tmp_path, content, where, value):
    if where == "enc":
        content["best_params"]["enc"]["mu"] = torch.full((1, 3, 1, 1), value)
    else:
        content["best_params"]["fwrfs"][1]["w"][2, 5] = value
    assert "not finite" in refused(content, tmp_path)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("where", ["beside", "within"])
def test_hostile_weights_are_not_run(tmp_path, content, where, old):
    trap = tmp_path / "trap"
    if where == "beside":
        content["args."] = Hostile(trap)
    else:
        content["best_params"]["fwrfs"][1]["w"] = Hostile(trap)
    path = berg_fwrf.save(content, tmp_path / "w.pt", old)
    with pytest.raises(UntrustedFileError, match=r"w\.pt"):
        load_part(path, 1)
    assert not trap.exists()


def test_hostile_metadata_are_not_run(tmp_path, caplog):
    trap = tmp_path / "trap"
    berg_fwrf.write_model(tmp_path)
    path = next(tmp_path.rglob("metadata_sub-01_roi-V1.npy"))
    content = berg_fwrf.metadata(7)
    content["fmri"]["extra"] = Hostile(trap)
    berg_fwrf.save_metadata(content, path)
    with pytest.raises(UntrustedFileError, match=path.name):
        nsd_fwrf.open(ID, tmp_path, "cpu")
    # The list still has the session, without what the file would have said.
    (info,) = nsd_fwrf.sessions(tmp_path)
    assert (info.id, info.n_units) == (ID, 0)
    assert path.name in caplog.text
    assert not trap.exists()


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.999])
@pytest.mark.parametrize("pattern", ["weights_*.pt", "metadata_*.npy"])
def test_files_cut_short(tmp_path, pattern, kept):
    berg_fwrf.write_model(tmp_path)
    path = next(tmp_path.rglob(pattern))
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if kept < 1 else kept])
    with pytest.raises(InsilicoError, match=path.name):
        nsd_fwrf.open(ID, tmp_path, "cpu")


def changed(tmp_path, section, name, value):
    berg_fwrf.write_model(tmp_path)
    content = berg_fwrf.metadata(7)
    if value is None:
        del content[section][name]
    else:
        content[section][name] = value
    path = next(tmp_path.rglob("metadata_*.npy"))
    berg_fwrf.save_metadata(content, path)
    return nsd_fwrf.open(ID, tmp_path, "cpu")


@pytest.mark.parametrize(
    ("section", "name", "value", "message"),
    [
        ("fmri", "ncsnr", np.zeros(6), r"\[6\], but the weights are of \[7\]"),
        ("encoding_models", "r2", np.zeros((7, 1)), "'r2' of shape"),
        ("encoding_models", "r2", np.array(["x"] * 7), "not numbers"),
        ("fmri", "roi_mask_volume", np.ones((2, 2, 2), bool), "8 voxels .* are of 7"),
        ("fmri", "roi_mask_volume", np.ones(7, bool), "no 3-D mask"),
        ("fmri", "fmri_affine", np.eye(3), "'fmri_affine' of shape"),
        ("fmri", "fmri_affine", np.zeros((4, 4)), "cannot be inverted"),
        ("fmri", "fmri_affine", np.full((4, 4), np.nan), "cannot be inverted"),
    ],
)
def test_metadata_of_other_voxels_are_refused(tmp_path, section, name, value, message):
    with pytest.raises(WeightsError, match=message):
        changed(tmp_path, section, name, value)


@pytest.mark.parametrize(
    ("section", "name", "absent"),
    [
        ("fmri", "ncsnr", {"ncsnr"}),
        ("fmri", "roi_mask_volume", {"x", "y", "z", "voxel_i"}),
        ("fmri", "fmri_affine", {"x", "y", "z"}),
        ("encoding_models", "noise_ceiling", {"noise_ceiling"}),
    ],
)
def test_any_part_of_the_metadata_may_lack(tmp_path, section, name, absent):
    columns = set(changed(tmp_path, section, name, None).units)
    everything = {"ncsnr", "r2", "noise_ceiling", "voxel_i", "x", "y", "z"}
    assert not columns & absent
    assert columns >= everything - absent - {"voxel_i"}


def test_empty_metadata(tmp_path):
    berg_fwrf.write_model(tmp_path)
    berg_fwrf.save_metadata({}, next(tmp_path.rglob("metadata_*.npy")))
    session = nsd_fwrf.open(ID, tmp_path, "cpu")
    assert session.volume is None
    (info,) = nsd_fwrf.sessions(tmp_path)
    assert info.n_units == 0


@pytest.mark.parametrize(
    "session_id", ["nsd-fwrf", "nsd-fwrf/V1", "nsd-fwrf/subject-1"]
)
def test_ids_that_name_no_region(tmp_path, session_id):
    with pytest.raises(SessionError, match="write it like"):
        nsd_fwrf.open(session_id, tmp_path, "cpu")


def test_no_folder_and_a_folder_with_nothing(tmp_path):
    assert list(nsd_fwrf.sessions(None)) == []
    assert list(nsd_fwrf.sessions(tmp_path)) == []
    with pytest.raises(SessionError, match="give the folder"):
        nsd_fwrf.open(ID, None, "cpu")
    with pytest.raises(SessionError, match="found: none"):
        nsd_fwrf.open(ID, tmp_path, "cpu")
