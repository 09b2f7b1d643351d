"""Facts about columns of unit tables and parameters of trials, all in one table.

Axes, colour maps, tables, files and comparisons ask :func:`facts` for a column of a unit
table and :func:`parameter_facts` for a column of a trial table. A name that is not in the
table is taken apart: ``pref_sf_fit`` is the preferred ``sf``, by a fit. Angles follow one
convention: directions repeat every 360 degrees, orientations every 180.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from insilico_gui.errors import AnalysisError
from insilico_gui.units.frame import MEASURED_AGAIN

if TYPE_CHECKING:
    pass

Drawn = Literal["linear", "octaves", "cyclic", "diverging", "names"]


@dataclass(frozen=True)
class ColumnFacts:
    """What is known of a column or a parameter by its name.

    Attributes
    ----------
    title : str
        Short label of an axis, without the unit.
    unit : str
        Such as ``"deg"`` or ``"cycles/deg"``; "" of a number without one.
    drawn : {"linear", "octaves", "cyclic", "diverging", "names"}
        The axis and the colours that show it: logarithmic; of an angle; with zero in the
        middle, as the sign matters; or none, as the numbers name something and measure
        nothing.
    ends : (float, float) or None
        Of a cyclic value, both ends of a turn; of others, the range that it can have.
    place : bool
        A bare coordinate, which a map shows better than a plot.
    source : str
        Function of :mod:`insilico_gui.analysis` that computes it; "" if none does, or
        several do.
    variant : str
        ``"raw"``, ``"folded"`` or ``"fit"`` where the name says how it was computed.
    """

    title: str
    unit: str = ""
    drawn: Drawn = "linear"
    ends: tuple[float, float] | None = None
    place: bool = False
    source: str = ""
    variant: str = ""

    @property
    def label(self) -> str:
        """Title with the unit, or the range of a number that has none."""
        unit = self.unit
        if not unit and self.drawn == "linear" and self.ends is not None:
            unit = f"{self.ends[0]:g} to {self.ends[1]:g}"
        return f"{self.title} ({unit})" if unit else self.title

    @property
    def turn(self) -> tuple[float, float] | None:
        """Both ends of one turn of a cyclic value; None if it is not cyclic."""
        return self.ends if self.drawn == "cyclic" else None

    @property
    def period(self) -> float | None:
        """What brings a cyclic value back to itself, in its unit; None of others."""
        return None if self.turn is None else self.turn[1] - self.turn[0]

    @property
    def ticks(self) -> list[tuple[float, str]] | None:
        """Quarters of the turn of a cyclic value, and what to write there."""
        if self.turn is None or self.period is None:
            return None
        places = [self.turn[0] + quarter * self.period / 4 for quarter in range(5)]
        return [(place, f"{place:g}") for place in places]


def _of_unit(unit: str, **more: Any) -> ColumnFacts:
    return ColumnFacts("", unit, **more)


_DEG, _S, _OCTAVES = _of_unit("deg"), _of_unit("s"), _of_unit("octaves")
_TURN, _HALF_TURN = (
    _of_unit("deg", drawn="cyclic", ends=(0.0, end)) for end in (360.0, 180.0)
)
_SF, _TF = (_of_unit(unit, drawn="octaves") for unit in ("cycles/deg", "Hz"))
_SPEED = _of_unit("deg/s", drawn="octaves")
_PART = _of_unit("", ends=(0.0, 1.0))
_SCREEN = _of_unit("", ends=(-1.0, 1.0), place=True)
_CORRELATION = _of_unit("", drawn="diverging", ends=(-1.0, 1.0))
_UM = _of_unit("µm", place=True)
_PLACE = _of_unit("", place=True)
_NAME = _of_unit("", drawn="names")


def _table(
    source: str = "", /, **entries: str | tuple[str, ColumnFacts]
) -> dict[str, ColumnFacts]:
    """Facts by name: a title, or a title and what else is known."""
    table = {}
    for name, entry in entries.items():
        title, kind = (entry, _of_unit("")) if isinstance(entry, str) else entry
        table[name] = replace(kind, title=title, source=source)
    return table


_QUANTITIES = _table(
    direction=("direction", _TURN),
    orientation=("orientation", _HALF_TURN),
    phase=("phase", _TURN),
    spatial_frequency=("spatial frequency", _SF),
    temporal_frequency=("temporal frequency", _TF),
    sf=("SF", _SF),
    tf=("TF", _TF),
    speed=("speed", _SPEED),
    size=("size", _DEG),
    bandwidth=("bandwidth", _OCTAVES),
    rf_x=("RF centre x", _SCREEN),
    rf_y=("RF centre y", _SCREEN),
    r2="r²",
    shape="curve",
)
"""What a longer name may end in, after an underscore: ``pref_sf``, ``sf_bandwidth``."""

_COLUMNS = {
    **_QUANTITIES,
    **_table(
        unit_id=("unit", _NAME),
        session=("session", _NAME),
        scan_idx=("scan", _NAME),
        field=("field", _NAME),
        area="area",
        x=("x", _UM),
        y=("y", _UM),
        z=("z", _UM),
        contrast=("contrast", _PART),
        coherence=("coherence", _PART),
        onset=("onset", _S),
        duration=("duration", _S),
        dsi="DSI",
        sigma=("RF sigma", _DEG),
        rf_size_deg=("RF size", _DEG),
        eccentricity_deg=("eccentricity", _DEG),
        polar_angle_deg=("polar angle", replace(_TURN, ends=(-180.0, 180.0))),
        correlation="correlation",
        functional_x=("functional layout, x", _PLACE),
        functional_y=("functional layout, y", _PLACE),
    ),
    **_table(
        "direction_tuning",
        pref_dir=("pref. direction", _TURN),
        pref_ori=("pref. orientation", _HALF_TURN),
        OSI="OSI",
        DSI="DSI",
        gOSI="gOSI",
        gDSI="gDSI",
        mu=("pref. direction", _TURN),
        kappa="concentration",
        phi=("share of the pref. direction", _PART),
    ),
    **_table(
        "frequency_columns",
        sf_low=("SF, low cut-off", _SF),
        sf_high=("SF, high cut-off", _SF),
        sf_model=("curve over SF", _NAME),
        tf_low=("TF, low cut-off", _TF),
        tf_high=("TF, high cut-off", _TF),
        tf_model=("curve over TF", _NAME),
        speed_low=("speed, low cut-off", _SPEED),
        speed_high=("speed, high cut-off", _SPEED),
        speed_model=("curve over speed", _NAME),
    ),
    **_table(
        "speed_columns",
        pref_speed=("pref. speed", _SPEED),
        speed_index="speed tuning index",
        speed_inside="speed inside the range shown",
    ),
    **_table(
        "contrast_columns",
        c50=("half-saturation contrast", _PART),
        contrast_exponent="contrast exponent",
        contrast_r_max="contrast response amplitude",
        contrast_baseline="response at no contrast",
    ),
    **_table(
        "size_columns",
        pref_size=("pref. size", _DEG),
        summation_size=("summation size", _DEG),
        size_suppressed="size suppression",
        SI="suppression index",
        SI_net="suppression index above blank",
    ),
    **_table(
        "sparseness_columns",
        lifetime_sparseness_vinje_gallant="lifetime sparseness (Vinje and Gallant)",
        lifetime_sparseness_treves_rolls="lifetime sparseness (Treves and Rolls)",
    ),
    **_table(
        "reliability_columns", cc_abs="CC abs", cc_max="CC max", cc_norm="CC norm"
    ),
    **_table(
        bits_per_spike=("gain over a constant rate", _of_unit("bits/spike")),
        ks_distance=("distance of rescaled intervals", _PART),
        ks_p="p (rescaled intervals)",
        ks_bound=("95 % bound of the distance", _PART),
        n_spikes="spikes",
    ),
    **_table(
        "compare",
        mean_response="mean response",
        mean_reference="mean of the reference",
        mean_difference=("difference of means", _of_unit("", drawn="diverging")),
    ),
    **_table(
        "condition_columns", condition_modulation=("modulation by conditions", _PART)
    ),
    **_table(
        "condition_difference",
        largest_difference=("largest difference", _of_unit("", drawn="diverging")),
        largest_difference_s=("time of the largest difference", _S),
    ),
    **_table(
        vector_dir=("vector-sum direction", _TURN),
        vector_ori=("vector-sum orientation", _HALF_TURN),
        rf_error_deg=("radius that holds the RF centre", _DEG),
        response_change=("response less blank", _of_unit("", drawn="diverging")),
        response_d_prime=("d' of the response", _of_unit("", drawn="diverging")),
        mean_noise_correlation=("mean noise correlation", _CORRELATION),
        mean_noise_correlation_area=("noise correlation in the area", _CORRELATION),
        fano_factor="Fano factor",
        split_half_reliability="split-half reliability",
        oracle_jackknife=("jackknife oracle", _CORRELATION),
        FEV="FEV (explainable variance)",
        FEVE="FEVE (explained of explainable variance)",
        F0="F0",
        F1="F1",
        F1_F0="F1/F0",
        F1_phase_deg=("F1 phase", _TURN),
        response_latency_s=("time to half of the peak", _S),
        tuning_half_s=("time to half of the deepest tuning", _S),
    ),
    **_table(
        "perturbation",
        control_rate=("rate of the control", _of_unit("Hz")),
        perturbed_rate=("perturbed rate", _of_unit("Hz")),
        rate_difference=(
            "perturbed less control",
            _of_unit("Hz", drawn="diverging"),
        ),
        largest_rate_difference=(
            "largest change by the perturbation",
            _of_unit("Hz", drawn="diverging"),
        ),
        largest_rate_difference_s=("time of the largest change", _S),
    ),
    **_table(
        "recorded_against_simulated",
        recorded_correlation=(
            "correlation with the recording",
            _of_unit("", drawn="diverging", ends=(-1.0, 1.0)),
        ),
        recorded_rate=("recorded rate", _of_unit("Hz")),
        simulated_rate=("simulated rate", _of_unit("Hz")),
        recorded_rmse=("rms difference from the recording", _of_unit("Hz")),
    ),
    **_table(
        "rf_columns",
        rf_azimuth_deg=("RF azimuth", _DEG),
        rf_elevation_deg=("RF elevation", _DEG),
        rf_sigma_long_deg=("RF sigma, long axis", _DEG),
        rf_sigma_short_deg=("RF sigma, short axis", _DEG),
        rf_theta_deg=("RF orientation", _HALF_TURN),
        rf_amplitude="RF amplitude",
        rf_offset="RF offset",
        rf_r2="RF r²",
        rf_at_edge="RF at the edge of the screen",
        rf_x_on=("x of the ON subfield", _SCREEN),
        rf_y_on=("y of the ON subfield", _SCREEN),
        rf_x_off=("x of the OFF subfield", _SCREEN),
        rf_y_off=("y of the OFF subfield", _SCREEN),
        rf_r2_on="RF r² of ON",
        rf_r2_off="RF r² of OFF",
        rf_on_off_index=(
            "ON - OFF index",
            _of_unit("", drawn="diverging", ends=(-1.0, 1.0)),
        ),
        p_rf="p of the RF",
        rf_lag_s=("RF lag", _S),
        **{
            f"SSI_{polarity}": f"SSI {polarity}" for polarity in ("on", "off", "on+off")
        },
    ),
    **_table(
        "retinotopy_columns",
        field_sign=("field sign", _of_unit("", drawn="diverging", ends=(-1.0, 1.0))),
        sign_patch=("sign patch", _NAME),
        sign_area="sign area",
    ),
}

_ON_SCREEN = _table(x=("x", _SCREEN), y=("y", _SCREEN))
"""Of trials, where a column of units of the same name means another thing."""

_UNITS = {"_deg_s": "deg/s", "_deg": "deg", "_ms": "ms", "_s": "s", "_hz": "Hz"}
"""Units that are part of a name."""

ENDS = {"low": "low end", "high": "high end", "early": "early", "late": "late"}
"""Ends of names of an interval, or of two times, beside the column that they are of."""

VARIANTS = ("raw", "folded", "fit")
"""Ends of names that say how a column was computed."""


def facts(column: str) -> ColumnFacts:
    """Facts about a column of a unit table; of an unknown one, a title.

    Parameters
    ----------
    column : str
        As analyses and sessions call it, such as ``"pref_sf_fit"``, with or without the
        ending ``_measured``.
    """
    ending = column.rpartition("_")[2]
    return known_facts(column) or ColumnFacts(
        column.replace("_", " "), variant=ending if ending in VARIANTS else ""
    )


def parameter_facts(parameter: str) -> ColumnFacts:
    """Facts about a column of a trial table, or a parameter of stimuli."""
    return _ON_SCREEN.get(parameter) or facts(parameter)


def known_facts(column: str) -> ColumnFacts | None:
    """:func:`facts`, or None where neither the table nor a rule has the name."""
    if column in _COLUMNS:
        return _COLUMNS[column]
    rest, _, ending = column.rpartition("_")
    if ending in VARIANTS or f"_{ending}" == MEASURED_AGAIN:
        found = known_facts(rest)
        if found is None:
            return None
        variant = ending if ending in VARIANTS else found.variant
        return replace(found, title=f"{found.title}, {ending}", variant=variant)
    if ending in ENDS and (found := known_facts(rest)) is not None:
        return replace(found, title=f"{found.title}, {ENDS[ending]}", source="")
    first, _, rest = column.partition("_")
    if first in ("p", "q"):
        return ColumnFacts(f"{first} ({rest})")
    if first in ("pref", "best"):
        found = parameter_facts(rest.removeprefix("level_"))
        word = {"pref": "pref."}.get(first, first)
        return replace(found, title=f"{word} {found.title}", source="")
    if first == "true":
        found = facts(rest)
        return replace(found, title=f"true {found.title}", source="")
    return _by_ending(column)


def _by_ending(column: str) -> ColumnFacts | None:
    """Facts of what a name ends in: a quantity, or a unit."""
    for name, quantity in _QUANTITIES.items():
        if column.endswith(f"_{name}"):
            head = facts(column.removesuffix(f"_{name}")).title
            return replace(quantity, title=f"{head} {quantity.title}")
    for ending, unit in _UNITS.items():
        if column.endswith(ending):
            title = column.removesuffix(ending).replace("_", " ")
            return ColumnFacts(
                title, unit, "octaves" if unit in ("Hz", "deg/s") else "linear"
            )
    return None


def register(column: str, about: ColumnFacts) -> None:
    """Tell the facts of a further column, such as one that a new analysis makes.

    Raises
    ------
    AnalysisError
        If other facts are known of a column of this name.
    """
    if _COLUMNS.setdefault(column, about) != about:
        raise AnalysisError(
            f"The column {column!r} is known as {_COLUMNS[column].label!r}; give the new "
            "one another name."
        )
