"""The export panel offers the formats that the responses fit."""

from __future__ import annotations

import nibabel as nib
import numpy as np
from PIL import Image
from support.in_window import choose, use_session
from support.pictures import PictureSession


def offered(panel):
    return {panel.format.itemText(i) for i in range(panel.format.count())}


def test_voxels_are_exported_as_a_volume(window, tmp_path, leaky):
    panel, everything = window.panel("Export"), {".npz", ".csv", ".parquet", ".zarr"}
    assert offered(panel) == everything
    session = PictureSession()
    for i, axis in enumerate("ijk"):
        session.units[f"voxel_{axis}"] = np.arange(6) if i == 0 else 0
    session.attrs["volume_shape"] = [6, 2, 1]
    (tmp_path / "pictures").mkdir()
    for k in range(2):
        pixels = np.full((8, 8, 3), 100 * (k + 1), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{k}.png")
    use_session(window, session)
    window.open_stimuli([tmp_path / "pictures"])
    window.wait()
    window.panel("Export")  # in place of the sheet for a stimulus
    assert offered(panel) == everything | {".nii", ".nii.gz"}
    window.experiment.pick(areas=["V2"])
    panel.path.setText(str(tmp_path / "out.npz"))
    choose(panel.format, ".nii.gz")
    assert panel.path.text() == str(tmp_path / "out.nii.gz")
    assert "in a .json beside" in panel.info.text()
    choose(panel.format, ".nii")
    assert panel.path.text() == str(tmp_path / "out.nii")
    panel.export()
    window.wait()
    assert panel.result.text() == f"Written: {tmp_path / 'out.nii'}"
    values = nib.load(tmp_path / "out.nii").get_fdata()
    found = window.now.responses.to_numpy().T.astype(float)
    np.testing.assert_array_equal(values[1::2, 0, 0], found[1::2])
    assert np.isfinite(values).sum() == 3 * 2
    use_session(window, leaky)
    window.wait()
    assert offered(panel) == everything
