"""``insilico-gui plot tuning``, ``field`` and others that measure what they draw."""

# Without "from __future__ import annotations": typer needs the types themselves

from dataclasses import replace
from typing import Annotated, Any

import typer

import insilico_gui as ig
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.analysis.tuning.conditions import condition_tuning as tune_conditions
from insilico_gui.analysis.tuning.registry import parameters as varied
from insilico_gui.analysis.tuning.registry import tune
from insilico_gui.cli.analyses.field_commands import METHODS, Method
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.plots.figure_files import (
    Dpi,
    Figure,
    Selected,
    SessionName,
    Size,
    UnitIds,
    check_figure,
    draw,
    ids_of,
)
from insilico_gui.cli.plots.plotted import (
    experiment_of,
    is_experiment,
    refuse_names,
    responses_of,
    responses_or_experiment,
)
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.errors import AnalysisError, echoed

LatencyS = Annotated[
    float | None,
    typer.Option("--latency-s", help="Delay of the response window, in seconds."),
]
WindowS = Annotated[
    float | None,
    typer.Option("--window-s", help="Length of the response window, in seconds."),
]


@of_source
def tuning(
    source: Source,
    output: Figure,
    unit_ids: UnitIds = None,
    kind: Annotated[str, typer.Option(help="curve, polar or star.")] = "curve",
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-p",
            help="What the trials vary; given twice for a pair. Default: the first.",
        ),
    ] = None,
    latency_s: LatencyS = None,
    window_s: WindowS = None,
    selection: Selected = None,
    session_name: SessionName = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw the tuning of a unit, or the mean tuning of several.

    A session is shown drifting gratings unless a stimulus is named. Example:
    insilico-gui plot tuning demo --unit-ids 1008 --kind polar -o tuning.pdf
    """
    check_figure(output, overwrite, size, dpi)
    how: dict[str, Any] = {"unit_ids": ids_of(unit_ids), "kind": kind}
    name = " x ".join(parameter) if parameter else None
    if is_experiment(source):
        how |= {"session": session_name, "stimulus": source.stimulus}
        how |= {"selection": selection, "parameter": name}
        draw(
            output,
            size,
            dpi,
            ig.plot.tuning,
            experiment_of(source, session_name),
            **how,
        )
        return
    refuse_names(source, session_name, selection)
    source = _of_units(source, how["unit_ids"])
    responses = responses_of(source, "drifting-gratings")
    known = [name] if name else varied(trial_table(responses))
    if not known:
        raise AnalysisError(
            "The trials of these responses vary nothing that units could be tuned to; "
            "show a stimulus that does, such as drifting-gratings."
        )
    found = tune(responses, known[0], latency_s=latency_s or 0.0, window_s=window_s)[0]
    draw(output, size, dpi, ig.plot.tuning, found, **how)


@of_source
def condition_tuning(
    source: Source,
    output: Figure,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-p",
            help="Parameter of the conditions; given twice for a pair.",
        ),
    ] = None,
    unit_ids: UnitIds = None,
    selection: Selected = None,
    session_name: SessionName = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw mean responses at the levels of a parameter of conditions, or of two.

    Example: insilico-gui plot condition-tuning answers.npz -p cue -o cue.svg
    """
    check_figure(output, overwrite, size, dpi)
    how: dict[str, Any] = {"unit_ids": ids_of(unit_ids)}
    of, names = responses_or_experiment(source, session_name, selection)
    if not is_experiment(source):
        if not parameter:
            raise AnalysisError(
                "Which parameter of the conditions is meant is not said; name it with "
                "--parameter."
            )
        of = tune_conditions(of, parameter)
    draw(output, size, dpi, ig.plot.condition_tuning, of, **how, **names)


@of_source
def field(
    source: Source,
    output: Figure,
    unit_id: Annotated[
        str | None,
        typer.Option(
            "--unit-id", help="Unit by id. Default: the one with the strongest map."
        ),
    ] = None,
    polarity: Annotated[str, typer.Option(help="on+off, on or off.")] = "on+off",
    outline: Annotated[
        bool, typer.Option(help="Draw the outline of the fitted Gaussian.")
    ] = True,
    method: Method = None,
    latency_s: LatencyS = None,
    window_s: WindowS = None,
    session_name: SessionName = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw the receptive field of a unit on the screen.

    A session is shown what the command receptive-fields shows. Example:
    insilico-gui plot field demo --unit-id 1008 -o field.png
    """
    check_figure(output, overwrite, size, dpi)
    ids = ids_of(None if unit_id is None else [unit_id])
    how: dict[str, Any] = {"polarity": polarity, "outline": outline}
    how["unit_id"] = None if ids is None else ids[0]
    if is_experiment(source):
        how |= {"session": session_name, "stimulus": source.stimulus}
        of: Any = experiment_of(source, session_name)
    else:
        refuse_names(source, session_name)
        done = _of_units(source, ids).analyse(
            "receptive fields",
            _mapping(method, latency_s, window_s),
            shows=_mapped_with(method),
        )
        of = done.result.dataset
    draw(output, size, dpi, ig.plot.receptive_field, of, **how)


@of_source
def retinotopy(
    source: Source,
    output: Figure,
    quantity: Annotated[
        str, typer.Option(help="field_sign, azimuth or elevation.")
    ] = "field_sign",
    known: Annotated[
        bool,
        typer.Option("--known", help="Use the session's rf_x and rf_y; map no fields."),
    ] = False,
    method: Method = None,
    latency_s: LatencyS = None,
    window_s: WindowS = None,
    session_name: SessionName = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw azimuth, elevation or visual field sign over the cortical sheet.

    Example: insilico-gui plot retinotopy demo --known -o signs.svg
    """
    check_figure(output, overwrite, size, dpi)
    how: dict[str, Any] = {"quantity": quantity}
    if is_experiment(source):
        how |= {"session": session_name, "stimulus": source.stimulus}
        of: Any = experiment_of(source, session_name)
    elif known:
        if any(o is not None for o in (method, source.stimulus, latency_s, window_s)):
            raise AnalysisError(
                "With --known nothing is shown or mapped; leave out --known, or the "
                "method, stimulus, latency and window."
            )
        refuse_names(source, session_name)
        of = source.analyse_units("retinotopy", {"known": True}).result.dataset
    else:
        refuse_names(source, session_name)
        done = source.analyse(
            "retinotopy",
            {"known": False, **_mapping(method, latency_s, window_s)},
            shows=_mapped_with(method),
        )
        of = done.result.dataset
    draw(output, size, dpi, ig.plot.retinotopy, of, **how)


def _of_units(source: Source, ids: list[int | str] | None) -> Source:
    """The source with one unit alone, if one is named and it is still to be encoded."""
    if ids is None or len(ids) != 1 or source.is_file or source.any_of:
        return source
    return replace(source, where=[*(source.where or ()), f"unit_id=={ids[0]}"])


def _mapping(
    method: str | None, latency_s: float | None, window_s: float | None
) -> dict[str, Any]:
    """Parameters of mapping receptive fields."""
    if method is not None and method not in METHODS:
        raise AnalysisError(
            f"There is no method {echoed(method)}; choose one of {', '.join(METHODS)}."
        )
    chosen = None if method is None else METHODS[method]
    return {"method": chosen, "latency_s": latency_s, "window_s": window_s}


def _mapped_with(method: str | None) -> str | None:
    """The family that is shown if none is named; None for that of the analysis."""
    return "sparse noise" if method == "sparse-noise" else None
