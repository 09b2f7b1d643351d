"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Session = Annotated[str, typer.Argument(help="Session to use, such as demo.")]
Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="File to write; the suffix chooses the format: .npz .csv .parquet .zarr, "
        "and for responses to images .nii.gz .func.gii .npy -epo.fif.",
    ),
]
Directory = Annotated[
    Path | None,
    typer.Option(help="Folder that contains the weights; the demo needs none."),
]
Device = Annotated[str, typer.Option(help="Compute device: auto, cpu, cuda or cuda:N.")]
Precision = Annotated[
    str,
    typer.Option(
        help="Numerical precision: float32 (default), or tf32, bf16 or fp16 if the "
        "session supports it. Reduced precision is faster and less exact; the error is "
        "measured and stored with the responses."
    ),
]
Areas = Annotated[
    list[str] | None,
    typer.Option("--area", help="Only units of this brain area; repeatable."),
]
Fields = Annotated[
    list[int] | None,
    typer.Option("--field", help="Only units of this imaging field; repeatable."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        help="Only units that meet this condition on a column of the unit table, such "
        "as 'gOSI>=0.25', 'pref_sf<=0.1' or 'layer==L4'; repeatable.",
    ),
]
AnyOf = Annotated[
    bool,
    typer.Option(
        "--any-of",
        help="Select units that match at least one of --area, --field and --where; by "
        "default they must match all.",
    ),
]
Overwrite = Annotated[bool, typer.Option(help="Replace an existing file.")]
