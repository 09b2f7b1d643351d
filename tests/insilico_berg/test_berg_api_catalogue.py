"""What the drop-in interface says of models without loading them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from insilico_berg import BERG, catalogue
from support import berg_fwrf, berg_mouse, berg_vit

VOXELS, EEG = "fmri-nsd-fwrf", "eeg-things_eeg_2-vit_b_32"
VERTICES, MOUSE = "fmri-nsd_fsaverage-vit_b_32", "calcium_2p-wang_2025-3DCNN"


def test_lists(berg, tmp_path, capsys):
    assert berg.list_models() == [MOUSE, EEG, VOXELS, VERTICES]
    catalog = berg.get_model_catalog(print_format=True)
    assert catalog == {
        "EEG": ["THINGS EEG2"],
        "Two-photon calcium imaging": ["Wang et al., 2025"],
        "fMRI": [
            "Natural Scenes Dataset (NSD) (fsaverage surface space)",
            "Natural Scenes Dataset (NSD) (subject-native volume space)",
        ],
    }
    assert "EEG: THINGS EEG2\n" in capsys.readouterr().out
    nothing = BERG(str(tmp_path))
    assert nothing.list_models() == []
    assert nothing.get_model_catalog() == {}
    assert nothing.list_models(installed=False) == berg.list_models()
    assert nothing.get_model_catalog(installed=False) == catalog


def test_only_what_can_be_opened_is_listed(tmp_path):
    folder = berg_fwrf.levels_of(tmp_path)[-1]
    folder.mkdir(parents=True)
    (folder / "weights_sub-01_roi-lateral_split-1.pt").touch()
    berg = BERG(tmp_path)
    assert berg.list_models() == []
    card = berg.describe(VOXELS)
    assert card["installed"] == []
    (problem,) = card["cannot_be_opened"].values()
    assert "add the others" in problem


@pytest.mark.parametrize("model_id", catalogue.KNOWN)
def test_descriptions(berg, capsys, model_id):
    card = berg.describe(model_id)
    text = capsys.readouterr().out
    assert text.startswith(f"{model_id}: ")
    assert card["model_id"] == model_id
    assert (
        "-".join([card["modality"], card["train_dataset"], card["model"]]) == model_id
    )
    for name in (*card["arguments"], *card["selection"], *card["installed"]):
        assert name in text
    assert len(card["installed"]) == 1
    assert card["installed"][0] not in card["not_installed"]
    assert len(card["not_installed"]) == len(catalogue.KNOWN[model_id].names) - 1


def test_metadata(berg):
    voxels = berg.get_model_metadata(VOXELS, subject=1, roi="V1")
    expected = berg_fwrf.metadata(7, berg_fwrf.SEED)
    for section in ("fmri", "encoding_models"):
        assert voxels[section].keys() == expected[section].keys()
        for name, values in expected[section].items():
            np.testing.assert_array_equal(voxels[section][name], values)
    eeg = berg.get_model_metadata(EEG, subject=1)
    assert eeg["eeg"]["ch_names"] == list(berg_vit.CHANNELS)
    assert isinstance(eeg, dict)
    assert not eeg.selected
    vertices = berg.get_model_metadata(VERTICES, subject=np.int32(1))
    assert vertices["fmri"]["lh_fsaverage_rois"]["V1v"].tolist() == [*range(6)]
    mouse = berg.get_model_metadata(MOUSE, train_session="session-9_scan-3")
    assert set(mouse) == {"calcium_2p", "encoding_model"}


def test_metadata_with_responses_are_those_of_the_file(berg, voxels, pictures):
    _, with_them = berg.encode(voxels, pictures, return_metadata=True)
    alone = berg.get_model_metadata(VOXELS, subject=1, roi="V1")
    assert with_them.keys() == alone.keys()
    for section, values in alone.items():
        for name, value in values.items():
            np.testing.assert_array_equal(with_them[section][name], value)
    # what a script changes stays with it
    with_them.clear()
    assert set(voxels.metadata()) == {"fmri", "encoding_models"}


def test_nothing_of_this_takes_torch(berg_root):
    code = f"""
import sys
from insilico_berg import BERG
from insilico_berg.nest import NEST
berg = BERG({str(berg_root)!r})
for model_id in berg.list_models():
    berg.describe(model_id)
berg.get_model_catalog()
berg.get_model_metadata({VOXELS!r}, subject=1, roi="V1")
berg.get_model_metadata({EEG!r}, subject=1)
berg.get_model_metadata({VERTICES!r}, subject=1)
berg.get_model_metadata({MOUSE!r}, train_session="session-9_scan-3")
assert NEST({str(berg_root)!r}).which_rois("fmri", "nsd") == ["V1"]
sys.exit("torch" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("level", range(6))
def test_any_folder_of_the_tree_will_do(tmp_path, pictures, level):
    berg_fwrf.write_model(tmp_path)
    berg = BERG(berg_fwrf.levels_of(tmp_path)[level])
    assert berg.list_models() == [VOXELS]
    model = berg.get_encoding_model(VOXELS, selection={"roi": "V1"}, subject=1)
    responses, metadata = berg.encode(model, pictures[:1], return_metadata=True)
    assert (responses.shape, len(metadata["fmri"]["ncsnr"])) == ((1, 7), 7)


def test_older_ids_are_known(berg):
    card = berg.describe("calcium_2p-natural_videos-3DCNN")
    assert (
        card["model_id"] == berg.describe("2p_ca-wang_2025-3DCNN")["model_id"] == MOUSE
    )
    assert berg_mouse.MODEL.split("/")[1] == f"modality-{card['modality']}"
