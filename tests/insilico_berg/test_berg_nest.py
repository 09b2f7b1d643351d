"""The interface of the first generation."""

from __future__ import annotations

import numpy as np
import pytest
from insilico_berg.errors import BERGError, ModelLoadError
from insilico_berg.nest import NEST
from support import berg_fwrf, berg_vit

FWRF = ("fmri", "nsd", "fwrf")
EEG = ("eeg", "things_eeg_2", "vit_b_32")
VERTICES = ("fmri", "nsd_fsaverage", "vit_b_32")
MOUSE = ("calcium_2p", "wang_2025", "3DCNN")


@pytest.fixture(scope="module")
def nest(berg_root):
    return NEST(berg_root)


def test_what_there_is(nest):
    assert nest.which_modalities() == ["calcium_2p", "eeg", "fmri"]
    assert nest.which_train_datasets("fmri") == ["nsd", "nsd_fsaverage"]
    assert nest.which_models("fmri", "nsd") == ["fwrf"]
    assert nest.which_subjects("fmri", "nsd") == [1]
    assert nest.which_subjects("eeg", "things_eeg_2", "vit_b_32") == [1]
    assert nest.which_rois("fmri", "nsd") == ["V1"]
    assert nest.which_rois("fmri", "nsd", "fwrf", 1) == ["V1"]
    assert nest.which_rois("eeg", "things_eeg_2") == []


def test_regions_are_in_their_usual_order(tmp_path):
    folder = berg_fwrf.levels_of(tmp_path)[-1]
    folder.mkdir(parents=True)
    for name in ("sub-01_roi-ventral_split-1", "sub-01_roi-ventral_split-2"):
        (folder / f"weights_{name}.pt").touch()
    for name in ("sub-01_roi-hV4", "sub-02_roi-V1"):
        (folder / f"weights_{name}.pt").touch()
    nest = NEST(tmp_path)
    assert nest.which_subjects("fmri", "nsd", "fwrf") == [1, 2]
    assert nest.which_rois("fmri", "nsd", "fwrf") == ["V1", "hV4", "ventral"]
    assert nest.which_rois("fmri", "nsd", "fwrf", 1) == ["hV4", "ventral"]


def test_responses_come_with_metadata(nest, berg, voxels, pictures):
    model = nest.get_encoding_model(*FWRF, 1, "V1", device="cpu")
    responses, metadata = nest.encode(model_dict=model, images=pictures, device="cpu")
    np.testing.assert_array_equal(responses, berg.encode(voxels, pictures))
    assert set(metadata) == {"fmri", "encoding_models"}
    alone = nest.encode(model, pictures, return_metadata=False)
    np.testing.assert_array_equal(alone, responses)


def test_every_model(nest, pictures, clip):
    model = nest.get_encoding_model(*EEG, subject=1)
    responses, metadata = nest.encode(model, pictures[:1])
    assert responses.shape == (1, 4, 63, 140)
    assert metadata["eeg"]["times"].shape == (140,)
    model = nest.get_encoding_model(*VERTICES, subject=1, roi="V1v")
    (left, right), _ = nest.encode(model, pictures)
    assert (left.shape, right.shape) == ((3, 6), (3, 4))
    model = nest.get_encoding_model(*MOUSE, subject="session9_scan3")
    assert nest.encode(model, clip, return_metadata=False).shape == (2, 24)


def test_files_of_the_first_generation(tmp_path, pictures):
    berg_vit.write_backbone(tmp_path)
    berg_vit.write_eeg(tmp_path, "G1", channels=("Oz", "Cz"), times=berg_vit.TIMES[:5])
    nest = NEST(tmp_path)
    model = nest.get_encoding_model(*EEG, 1)
    responses, metadata = nest.encode(model, pictures)
    assert responses.shape == (3, 4, 2, 5)
    assert metadata["eeg"]["ch_names"] == ["Oz", "Cz"]


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((3, "nsd", "fwrf", 1, "V1"), TypeError, "modality is a int"),
        (("fmri", None, "fwrf", 1, "V1"), TypeError, "train_dataset is a NoneType"),
        (("fmri", "nsd", 1, 1, "V1"), TypeError, "model is a int"),
        (("meg", "nsd", "fwrf", 1, "V1"), ValueError, "no model 'meg-nsd-fwrf'"),
        ((*FWRF, "1", "V1"), TypeError, "subject '1' is a str"),
        ((*FWRF, 9, "V1"), ValueError, "no subject 9"),
        ((*FWRF, 1, 5), TypeError, "roi is a int"),
        ((*FWRF, 1, "V9"), ValueError, "'V9', which is not there"),
        ((*FWRF, 1), TypeError, "selection of one region"),
        ((*EEG, 1, "V1"), ValueError, "has no regions"),
        ((*MOUSE, "session-9_scan-3", "V1"), ValueError, "has no regions"),
        ((*FWRF, 1, "V1", "tpu"), ValueError, "'tpu' is not a device"),
        ((*FWRF, 2, "V1"), ModelLoadError, r"weights_sub-02_roi-V1\.pt"),
    ],
)
def test_errors_are_built_in_ones_too(nest, arguments, kind, message):
    with pytest.raises(kind, match=message) as caught:
        nest.get_encoding_model(*arguments)
    assert isinstance(caught.value, BERGError)


def test_wrong_images(nest, voxels):
    for images, kind in (([1], TypeError), (np.zeros((2, 8, 8, 3)), ValueError)):
        with pytest.raises(kind) as caught:
            nest.encode(voxels, images)
        assert isinstance(caught.value, BERGError)


@pytest.mark.parametrize(
    ("call", "arguments", "kind"),
    [
        ("which_train_datasets", ("meg",), ValueError),
        ("which_train_datasets", (1,), TypeError),
        ("which_models", ("fmri", "things"), ValueError),
        ("which_subjects", ("fmri", "nsd", "vit_b_32"), ValueError),
        ("which_rois", ("fmri", "nsd", "fwrf", 2), ValueError),
    ],
)
def test_asking_for_what_is_not_there(nest, call, arguments, kind):
    with pytest.raises(kind, match=r"There is no|is a"):
        getattr(nest, call)(*arguments)
