"""Examples that the help of each command ends with."""

from __future__ import annotations

PROGRAM = "insilico-gui"

EXAMPLES: dict[str, tuple[str, ...]] = {
    "window": ("window demo --stimulus clip.mp4",),
    "sessions": ("sessions --directory WEIGHTS", "sessions 'wanted/*' --json"),
    "stimulus": (
        "stimulus drifting-gratings --set contrast=0.5,1 -o gratings.yaml",
        "stimulus size-series -o - | less",
    ),
    "encode": (
        "encode demo clip.mp4 --areas V1,LM -o responses.parquet",
        "encode demo 'clips/*.mp4' -o 'out/{name}.npz'",
        "encode NAME clip.mp4 --directory WEIGHTS --behavior running.csv -o out.zarr",
    ),
    "tuning": (
        "tuning demo --sf 0.02,0.04,0.08 -p spatial_frequency -o sf.csv",
        "tuning responses/*.npz -o tables/",
        "tuning demo --repeats 4 --n-permutations 100 --json",
    ),
    "receptive-fields": (
        "receptive-fields demo --method sparse-noise --maps maps.npz -o fields.csv",
    ),
    "retinotopy": ("retinotopy demo --known -o retinotopy.csv",),
    "sparseness": ("sparseness responses.npz --over condition -o sparseness.csv",),
    "signal-correlations": (
        "signal-correlations demo --areas V1 --matrix pairs.npy -o means.csv",
    ),
    "reliability": ("reliability predicted.npz recorded.npy -o cc.csv",),
    "compare": (
        "compare one.npz reference.npz -o difference.csv",
        "compare runs/*.npz reference.npz -o differences/",
    ),
    "judge": (
        "judge NAME recordings --directory RUN --report run.html -o accuracy.csv",
    ),
    "import-recording": ("import-recording recording.nwb mine --stimuli clips",),
    "conditions": (
        "conditions NAME rows.csv --directory RUN --analysis 'condition tuning' "
        "-o tuning.csv",
    ),
    "drive": (
        "drive NAME drive.yaml --directory FLY --analysis perturbation "
        "--set start_s=0.2 -o change.csv",
    ),
    "export": (
        "export responses.zarr v1.csv --area V1 --where 'gOSI>0.25'",
        "export runs/*.zarr -o 'csv/{name}.csv'",
    ),
    "film": (
        "film demo --stimulus clip.mp4 -o film.mp4",
        "film v1.insilico.yaml --session demo --color pref_dir --light -o film.mp4",
    ),
    "run": ("run v1.insilico.yaml --out results --search FILMS",),
    "library": ("library --json",),
    "fetch": ("fetch NAME WEIGHTS",),
    "fit": ("fit NAME DATA --out RUN",),
    "plot map": ("plot map demo --color pref_dir -o map.svg",),
    "plot tuning": ("plot tuning responses.npz --unit-ids 1003 -o tuning.pdf",),
    "plot raster": ("plot raster responses.npz --sort pref_dir -o raster.png",),
    "plot traces": ("plot traces responses.npz --unit-ids 1003,1004 -o traces.svg",),
    "plot field": ("plot field demo --unit-id 1003 -o field.png",),
    "plot population": ("plot population demo --column gOSI -o population.svg",),
    "plot compare": ("plot compare slow.npz fast.npz -o compare.svg",),
    "plot scalp": ("plot scalp responses.npz -o scalp.png",),
    "plot retinotopy": ("plot retinotopy demo --known -o retinotopy.svg",),
    "plot condition-tuning": ("plot condition-tuning responses.npz -o curves.svg",),
}
"""What follows the name of the program, by command."""


def examples_of(command: str) -> list[str]:
    """Whole lines; a command that is made from a declaration has one, too."""
    if command in EXAMPLES:
        return [f"{PROGRAM} {line}" for line in EXAMPLES[command]]
    if command.startswith("fit "):
        return [f"{PROGRAM} {command} DATA --out RUN"]
    return [f"{PROGRAM} {command} responses.npz -o table.csv"]


def epilog(command: str) -> str:
    """What the help of a command ends with."""
    lines = examples_of(command)
    return "\n\n".join(["Example:" if len(lines) == 1 else "Examples:", *lines])
