"""What the columns of these unit tables are called, for axes and tables of the host."""

from __future__ import annotations

from insilico_gui.units.columns import ColumnFacts, register

DATA_SETS = ("", "_nsdcore", "_nsdsynthetic")
"""Ends of names of accuracies, on which images they were measured."""

_ACCURACY = {
    "ncsnr": "noise-ceiling SNR",
    "noise_ceiling": "noise ceiling",
    "explained_variance": "explained variance",
    "r2": "r²",
    "correlation": "correlation",
}

for _name, _title in _ACCURACY.items():
    for _end in DATA_SETS:
        _about = f"{_title}, {_end.removeprefix('_')}" if _end else _title
        register(_name + _end, ColumnFacts(_about))
for _name in ("correlation_peak", "correlation_single"):
    register(_name, ColumnFacts(_name.replace("_", ", ")))
for _name in ("subject", "hemisphere", "stream", "vertex"):
    register(_name, ColumnFacts(_name))
for _axis in "ijk":
    register(f"voxel_{_axis}", ColumnFacts(f"voxel {_axis}"))
