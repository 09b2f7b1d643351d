"""The table of facts about columns: titles, units, angles, ends; and the unnamed kinds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

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
_SIGNED = _of_unit("", drawn="diverging")
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


QUANTITIES = _table(
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

COLUMNS = {
    **QUANTITIES,
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
        mean_difference=("difference of means", _SIGNED),
    ),
    **_table(
        "condition_columns", condition_modulation=("modulation by conditions", _PART)
    ),
    **_table(
        "condition_difference",
        largest_difference=("largest difference", _SIGNED),
        largest_difference_s=("time of the largest difference", _S),
    ),
    **_table(
        vector_dir=("vector-sum direction", _TURN),
        vector_ori=("vector-sum orientation", _HALF_TURN),
        rf_error_deg=("radius that holds the RF centre", _DEG),
        response_change=("response less blank", _SIGNED),
        response_d_prime=("d' of the response", _SIGNED),
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
        response_peak_s=("time of the peak", _S),
        response_peak="peak response",
        response_baseline="response before the onset",
        tuning_half_s=("time to half of the deepest tuning", _S),
        tuning_peak_s=("time of the deepest tuning", _S),
    ),
    **_table(
        sta_azimuth_deg=("STA azimuth", _DEG),
        sta_elevation_deg=("STA elevation", _DEG),
        sta_sigma_long_deg=("STA sigma, long axis", _DEG),
        sta_sigma_short_deg=("STA sigma, short axis", _DEG),
        sta_theta_deg=("STA orientation", _HALF_TURN),
        sta_r2="r² of the Gaussian of the STA",
        sta_lag_s=("STA lag", _S),
        sta_ridge="ridge of the STA",
        sta_correlation=("correlation of the STA, held out", _CORRELATION),
        ln_correlation=("correlation of the LN fit, held out", _CORRELATION),
        ln_linear_correlation=("correlation of its filter, held out", _CORRELATION),
        ln_exponent="exponent of the LN fit",
        ln_threshold=("threshold of the LN fit", _of_unit("SD")),
        ln_gain="gain of the LN fit",
        ln_baseline="baseline of the LN fit",
        ln_lag_s=("lag of the LN filter", _S),
    ),
    **_table(
        plaid_pattern_z=("Z of pattern motion", _SIGNED),
        plaid_component_z=("Z of component motion", _SIGNED),
        plaid_index=("pattern less component Z", _SIGNED),
        plaid_class=("class of motion", _NAME),
        surround_index_iso=("suppression by the same orientation", _CORRELATION),
        surround_index_cross=("suppression by the other orientation", _CORRELATION),
        surround_orientation_index=("orientation of the surround", _CORRELATION),
        neurometric_threshold=("neurometric threshold coherence", _PART),
        neurometric_slope="slope of the neurometric curve",
        neurometric_area=("area under the ROC", _PART),
        neurometric_pref_direction=("pref. direction of dots", _TURN),
        joint_sf=("pref. SF, joint fit", _SF),
        joint_tf=("pref. TF, joint fit", _TF),
        joint_speed_deg_s=("pref. speed, joint fit", _SPEED),
        joint_direction=("pref. direction, joint fit", _TURN),
        joint_speed_index=("speed tuning index, joint fit", _SIGNED),
        joint_q=("Q of speed tuning, joint fit", _SIGNED),
        joint_opposite=("share of the opposite direction, joint fit", _PART),
        joint_r2="r² of the joint fit",
        sf_tf_separability=("separability of SF and TF", _PART),
    ),
    **_table(  # of twins whose parameters are known, after "true_"
        cell=("cell type", _NAME),
        f1_f0="F1/F0 above baseline",
        unselective=("share of unselective drive", _PART),
        surround_tuning=("orientation tuning of the surround", _PART),
        adaptation=("share lost by adaptation", _PART),
    ),
    **_table(
        mean_signal_correlation=("mean signal correlation", _CORRELATION),
        decoding_accuracy=("decoded trials of the area", _PART),
        participation_ratio="dimensions of the area",
        participation_ratio_crossvalidated="dimensions of the area, without noise",
        rdm_distance=("distance of conditions, without noise", _SIGNED),
        rdm_similarity=("similarity to other areas", _CORRELATION),
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

ON_SCREEN = _table(x=("x", _SCREEN), y=("y", _SCREEN))
"""Of trials, where a column of units of the same name means another thing."""
