"""A small battery on the demo session, through the public functions only.

Each result is a dict of arrays (float, integer or text), by ``variable``.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import xarray as xr

import insilico_gui as ig

UNITS = tuple(range(0, 2000, 83))
SHORT = {"duration_s": 0.4, "blank_s": 0.2}


def flat(result):
    """The arrays of a Dataset, table, fit or array, by name."""
    if isinstance(result, xr.Dataset):
        return {
            str(k): v.to_numpy()
            for k, v in result.variables.items()
            if v.dtype.kind != "O" or isinstance(v.to_numpy().flat[0], str)
        }
    if isinstance(result, pd.DataFrame):
        return {str(k): v.to_numpy() for k, v in result.items()}
    if isinstance(result, xr.DataArray):
        return {"values": result.to_numpy()}
    if isinstance(result, np.ndarray):
        return {"values": result}
    if isinstance(result, tuple):
        fields = getattr(result, "_fields", None) or range(len(result))
        return {str(k): np.asarray(v) for k, v in zip(fields, result, strict=True)}
    return {k: np.asarray(v) for k, v in vars(result).items()}


@cache
def session():
    return ig.open_session("demo")


@cache
def responses(family, **options):
    stimulus = getattr(ig.stimuli, family)(**options)
    return ig.encode(session(), stimulus, indices=UNITS)


def gratings(repeats=1):
    return responses("drifting_gratings", n_directions=8, repeats=repeats, **SHORT)


def frequencies():
    return responses(
        "drifting_gratings",
        n_directions=2,
        spatial_frequency=(0.02, 0.04, 0.08, 0.16),
        temporal_frequency=(1.0, 2.0, 4.0, 8.0),
        **SHORT,
    )


def contrasts():
    return responses("contrast_series", directions=2, **SHORT)


def sizes():
    return responses("size_series", directions=2, **SHORT)


def dots():
    return responses("gaussian_dots", n_columns=9, n_rows=5, sigma_deg=9.0)


@cache
def dot_fields():
    display = ig.stimuli.Display()
    trials = ig.analysis.trial_table(dots())
    masks = ig.analysis.dot_masks(trials, display=display, sigma_deg=9.0)
    return ig.analysis.dot_receptive_fields(dots(), masks, display=display)


def noise():
    return ig.stimuli.sparse_noise(n_presentations=150)


@cache
def noise_responses():
    return ig.encode(session(), noise(), indices=UNITS)


def monet():
    return ig.stimuli.monet2(duration_s=15.0, seed=3)


@cache
def monet_responses():
    return ig.encode(session(), monet(), indices=UNITS)


def noise_fields():
    images = ig.analysis.presentation_images(noise())
    return ig.analysis.noise_receptive_fields(noise_responses(), images)


def curves():
    """Direction curves [direction, unit] and the directions (deg)."""
    tuning = ig.analysis.direction_tuning(gratings())
    return tuning["curve"].to_numpy(), tuning["direction"].to_numpy()


def repeats():
    """Predicted [1, frame, unit] and recorded [repeat, frame, unit]."""
    values = monet_responses().to_numpy()[None, :300].astype(float)
    rng = np.random.default_rng(1)
    recorded = values + values.std() * rng.normal(size=(6, *values.shape[1:]))
    return values, recorded


def compared():
    changed = monet_responses().copy(deep=True)
    rng = np.random.default_rng(2)
    changed.values += rng.normal(size=changed.shape).astype(np.float32)
    return ig.analysis.compare(monet_responses(), changed)


def published():
    table = ig.analysis.tuning_columns(ig.analysis.direction_tuning(gratings()))
    other = table.copy()
    for name in ("OSI", "DSI", "gOSI", "gDSI", "pref_dir", "pref_ori"):
        if name in other:
            other[name] = other[name] + np.linspace(-0.1, 0.1, len(other))
    return ig.analysis.compare_with_released(table, other)


def cortex():
    units = session().units
    display = ig.stimuli.Display()
    azimuth, elevation = display.to_degrees(
        units["rf_x"].to_numpy(float), units["rf_y"].to_numpy(float)
    )
    return ig.analysis.retinotopy_maps(units["x"], units["y"], azimuth, elevation)


def cortex_columns():
    units = session().units
    return ig.analysis.retinotopy_columns(cortex(), units["x"], units["y"], units)


def pictures():
    values = np.random.default_rng(5).normal(size=(12, 6)).astype(np.float32)
    return xr.DataArray(
        values,
        {
            "trial": [f"picture {k % 4}" for k in range(12)],
            "unit_id": ("unit", np.arange(6)),
        },
        ("trial", "unit"),
        attrs={"session": "pictures", "input_kind": "images"},
    )


def sequence():
    parts = ig.stimuli.Sequence(
        parts=(
            ig.stimuli.drifting_gratings(n_directions=4, **SHORT).spec,
            ig.stimuli.full_field_flashes(repeats=2, blank_s=0.3).spec,
        )
    ).stimulus()
    shown = ig.encode(session(), parts, indices=UNITS)
    names = ig.analysis.sequence_parts(shown)
    taken = ig.analysis.take_part(shown, names[0])
    table = ig.analysis.trial_table(taken)
    return {
        "names": np.array(names),
        "onset": table["onset"].to_numpy(float),
        "mean": taken.mean("time").to_numpy(),
    }


def _curve_fit(function, axis, **options):
    def run():
        tuning = ig.analysis.parameter_tuning(axis[1](), axis[0])
        curve = tuning["curve"].to_numpy()
        return function(curve, tuning[axis[0]].to_numpy(), **options)

    return run


A = ig.analysis
ANALYSES = {
    "responses": lambda: gratings().isel(time=slice(0, 60, 10)),
    "trial_responses": lambda: A.trial_responses(gratings()),
    "trial_table": lambda: A.trial_table(gratings()).select_dtypes("number"),
    "direction_tuning": lambda: A.direction_tuning(gratings()),
    "direction_tuning latency": lambda: A.direction_tuning(
        gratings(), latency_s=0.1, osi_variant="raw", window_s=0.3
    ),
    "direction_tuning permutations": lambda: A.direction_tuning(
        gratings(repeats=2), n_permutations=50, seed=4
    ),
    "tuning_columns": lambda: A.tuning_columns(A.direction_tuning(gratings())),
    "indices": lambda: {
        "osi": A.osi(*curves()),
        "osi raw": A.osi(*curves(), "raw"),
        "dsi": A.dsi(*curves()),
        "gosi": A.gosi(*curves()),
        "gdsi": A.gdsi(*curves()),
    },
    "fit_von_mises": lambda: A.fit_von_mises(*curves()),
    "parameter_tuning sf": lambda: A.parameter_tuning(
        frequencies(), "spatial_frequency"
    ),
    "parameter_tuning tf best": lambda: A.parameter_tuning(
        frequencies(), "temporal_frequency", other="best"
    ),
    "frequency_columns": lambda: A.frequency_columns(
        A.parameter_tuning(frequencies(), "spatial_frequency")
    ),
    "fit_log_gaussian": _curve_fit(
        A.fit_log_gaussian, ("spatial_frequency", frequencies)
    ),
    "parameter_map": lambda: A.parameter_map(
        frequencies(), ("spatial_frequency", "temporal_frequency")
    ),
    "speed_columns": lambda: A.speed_columns(
        A.parameter_map(frequencies(), ("spatial_frequency", "temporal_frequency"))
    ),
    "contrast_columns": lambda: A.contrast_columns(
        A.parameter_tuning(contrasts(), "contrast")
    ),
    "fit_naka_rushton": _curve_fit(A.fit_naka_rushton, ("contrast", contrasts)),
    "size_columns rog": lambda: A.size_columns(A.parameter_tuning(sizes(), "size_deg")),
    "size_columns dog": lambda: A.size_columns(
        A.parameter_tuning(sizes(), "size_deg"), "dog"
    ),
    "fit_size": _curve_fit(A.fit_size, ("size_deg", sizes)),
    "image_tuning": lambda: A.image_tuning(pictures()),
    "lifetime_sparseness": lambda: A.lifetime_sparseness(curves()[0]),
    "population_sparseness": lambda: A.population_sparseness(curves()[0]),
    "sparseness_columns": lambda: A.sparseness_columns(A.direction_tuning(gratings())),
    "sparseness_columns treves_rolls": lambda: A.sparseness_columns(
        A.direction_tuning(gratings()), "treves_rolls"
    ),
    "signal_correlations": lambda: A.signal_correlations(curves()[0]),
    "mean_signal_correlation": lambda: A.mean_signal_correlation(curves()[0]),
    "reliability": lambda: A.reliability(
        *(values.transpose(2, 0, 1) for values in repeats())
    ),
    "reliability_columns": lambda: A.reliability_columns(
        [repeats()[0]], [repeats()[1]]
    ),
    "join_repeats": lambda: A.join_repeats([repeats()[1]])[..., ::40, :],
    "compare": compared,
    "compare_with_released": published,
    "dot_receptive_fields": lambda: dot_fields()[
        ["rf", "density"] if "density" in dot_fields() else ["rf"]
    ].isel(row=slice(None, None, 6), column=slice(None, None, 8)),
    "rf_columns": lambda: A.rf_columns(dot_fields()),
    "receptive_field_fit": lambda: A.receptive_field_fit(dot_fields()),
    "ssi": lambda: A.ssi(dot_fields()["rf"].to_numpy()),
    "noise_receptive_fields": lambda: noise_fields()[["rf"]].isel(
        row=slice(None, None, 6), column=slice(None, None, 8)
    ),
    "noise columns": lambda: A.rf_columns(noise_fields()),
    "presentation_images": lambda: A.presentation_images(noise())[::30, ::4, ::4],
    "sta_receptive_fields": lambda: A.sta_receptive_fields(
        monet_responses(), monet(), lags=(1, 3, 5)
    )[["rf"]].isel(row=slice(None, None, 6), column=slice(None, None, 8)),
    "sta contrast": lambda: A.sta_receptive_fields(
        monet_responses(), monet(), lags=(2,), quantity="contrast", centred=True
    )[["rf"]].isel(row=slice(None, None, 6), column=slice(None, None, 8)),
    "retinotopy_maps": lambda: cortex().isel(
        {d: slice(None, None, 4) for d in cortex().dims if d not in ("patch",)}
    ),
    "retinotopy_columns": cortex_columns,
    "sequence": sequence,
}
