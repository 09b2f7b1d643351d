"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from insilico_gui.cli.terminal import completing

Session = Annotated[
    str,
    typer.Argument(
        help="Session to use, such as demo.", autocompletion=completing.sessions
    ),
]
Sessions = Annotated[
    str,
    typer.Argument(
        help="Session to use, such as demo; several with commas between, or a pattern "
        "such as 'NAME/*'.",
        autocompletion=completing.sessions,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="File to write; the suffix chooses the format: .npz .csv .parquet .zarr, "
        "and for responses to images .nii.gz .func.gii .npy -epo.fif. For several inputs "
        "a folder, or a name with {name} in it; - is standard output (.csv).",
    ),
]
Behavior = Annotated[
    list[str] | None,
    typer.Option(
        "--behavior",
        help="Behaviour: a table (.csv, .parquet) with a row for each frame and a column "
        "for each trace, or an array (.npy). For several stimuli one for all, one for "
        "each, or a name with {name} in it.",
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
    typer.Option(
        "--areas",
        "--area",
        help="Only units of these brain areas, such as V1 or V1,LM; repeatable.",
    ),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--fields",
        "--field",
        help="Only units of these imaging fields, such as 1 or 1,3; repeatable.",
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        help="Only units that meet this condition on a column of the unit table, such "
        "as 'gOSI>0.25', 'pref_sf<=0.1', 'area=V1,LM' or 'layer!=L4'; repeatable.",
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
