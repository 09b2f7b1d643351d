"""Options that several commands share, and what they stand for."""

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
        help="File to write: .npz .csv .parquet .zarr; of images also .nii.gz "
        ".func.gii .npy -epo.fif, where they fit.",
    ),
]
Directory = Annotated[
    Path | None, typer.Option(help="Folder with the weights; the demo needs none.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Precision = Annotated[
    str,
    typer.Option(
        help="float32 (default), or where a session offers it tf32, bf16 or fp16: faster "
        "and less exact; how much less is measured and written with the responses."
    ),
]
Areas = Annotated[
    list[str] | None, typer.Option("--area", help="Only this area; repeatable.")
]
Fields = Annotated[
    list[int] | None, typer.Option("--field", help="Only this field; repeatable.")
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        help="Only units of which this holds, by a column of the unit table, such as "
        "'gOSI>=0.25', 'pref_sf<=0.1' or 'layer==L4'; repeatable.",
    ),
]
AnyOf = Annotated[
    bool,
    typer.Option(
        "--any-of", help="Areas or fields (or conditions) instead of areas and fields."
    ),
]
Overwrite = Annotated[bool, typer.Option(help="Replace an existing file.")]
