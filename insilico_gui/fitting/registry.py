"""Fits that are installed: functions that make a task, found by entry point.

A fit is registered under the entry-point group ``insilico_gui.fits``, by the name that
``insilico-gui fit NAME`` takes. It loads to a :class:`FitDeclaration`, which
:func:`declare` makes of a function whose first argument is the data and whose keyword-only
arguments are the parameters. Loading it imports nothing heavy.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from insilico_gui.errors import FitError, listed, quoted
from insilico_gui.fitting.task import FitTask
from insilico_gui.parameters import Parameter, check_parameters, parameters_of

ENTRY_POINT_GROUP = "insilico_gui.fits"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FitDeclaration:
    """A declared fit.

    Attributes
    ----------
    name : str
    help : str
        What it does; the first sentence stands for it in lists.
    data_help : str
        What the data are.
    parameters : tuple of Parameter
    default_data : str or None
        Where data are if nothing is said; None: they have to be given.
    generated : tuple of str
        Names that stand for data that the fit makes itself.
    recognizes : callable(Path) -> bool, optional
        Whether data are laid out as the fit takes them.
    """

    name: str
    help: str
    data_help: str
    parameters: tuple[Parameter, ...]
    _make: Callable[..., FitTask]
    generated: tuple[str, ...] = ()
    default_data: str | None = None
    _folder: Callable[[Mapping[str, Any]], Path] | None = None

    @property
    def makes_folder(self) -> bool:
        """Whether there is a folder for results if none is given."""
        return self._folder is not None

    def folder(self, given: Mapping[str, Any]) -> Path:
        """The folder for results of these parameters, where none is given.

        Raises
        ------
        InsilicoError
            If there is none, or a parameter is wrong.
        """
        if self._folder is None:
            raise FitError(
                f"{self.name} has no folder for the result; choose one of its own for it."
            )
        checked = check_parameters(self.parameters, given, self.name, FitError)
        return self._folder(checked)

    recognizes: Callable[[Path], bool] | None = None

    def task(self, data: Path, given: Mapping[str, Any] | None = None) -> FitTask:
        """The task that fits to `data`, with parameters that are checked here.

        Raises
        ------
        InsilicoError
            If a parameter or the data are wrong.
        """
        checked = check_parameters(self.parameters, given or {}, self.name, FitError)
        return self._make(data, **checked)


def declare(
    name: str,
    *,
    data: str,
    generated: Sequence[str] | str = (),
    default_data: str | None = None,
    folder: Callable[[Mapping[str, Any]], Path] | None = None,
    recognizes: Callable[[Path], bool] | None = None,
) -> Callable[[Callable[..., FitTask]], FitDeclaration]:
    """Declare a fit: a decorator of a function of the data and parameters.

    Parameters
    ----------
    name : str
    data : str
        What the data are, in a sentence.
    generated: tuple[str, ...] = ()
    default_data : str, optional
        Where they are if nothing is said.
    folder : callable(parameters) -> Path, optional
        The folder for results where none is given.
    generated : sequence of str, or str
        Names that stand for data that the fit makes itself, for a form to offer.
    recognizes : callable(Path) -> bool, optional
        Whether data are laid out as the fit takes them: where the parameters suit several
        fits, the only one that recognizes the data is taken.
    """

    def made(function: Callable[..., FitTask]) -> FitDeclaration:
        text = inspect.getdoc(function) or ""
        first = text.split("\n\n")[0].replace("\n", " ")
        return FitDeclaration(
            name,
            first,
            data,
            parameters_of(function),
            function,
            (generated,) if isinstance(generated, str) else tuple(generated),
            default_data,
            folder,
            recognizes,
        )

    return made


class InstalledFits(Mapping[str, FitDeclaration]):
    """Fits by name, each imported at its first use."""

    def __init__(self) -> None:
        points = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name)
        self._points: dict[str, EntryPoint] = {point.name: point for point in points}

    def __getitem__(self, name: str) -> FitDeclaration:
        """Import a fit.

        Raises
        ------
        KeyError
            If there is none of this name.
        FitError
            If its package cannot be imported.
        """
        point = self._points[name]
        try:
            found: FitDeclaration = point.load()
        except Exception as error:
            logger.debug("The fit %r failed to load", name, exc_info=True)
            raise FitError(
                f"The package of the fit {quoted(name)} ({point.value}) cannot be "
                f"imported: {type(error).__name__} {quoted(error)}; install it again."
            ) from error
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._points

    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    def __len__(self) -> int:
        return len(self._points)


def fits() -> Mapping[str, FitDeclaration]:
    """All fits that are installed, by name."""
    return InstalledFits()


def usable_fits() -> dict[str, FitDeclaration]:
    """Fits that can be imported, by name; the log names the others."""
    known = fits()
    found = {}
    for name in known:
        try:
            found[name] = known[name]
        except FitError as error:
            logger.warning("%s", error)
    return found


def find_fit(
    name: str | None, given: Mapping[str, Any], data: Path | None = None
) -> FitDeclaration:
    """A fit by its name, or without one the only one that has the `given` parameters.

    Of several, it is the only one that recognizes the `data`.

    Raises
    ------
    FitError
        If there is none, or several.
    """
    if name is not None:
        known = fits()
        if name not in known:
            raise FitError(
                f"There is no fit {quoted(name)}; choose one of {listed(known)}."
            )
        return known[name]
    usable = usable_fits()
    fitting = [
        declared
        for declared in usable.values()
        if {*given} <= {parameter.name for parameter in declared.parameters}
    ]
    if len(fitting) > 1 and data is not None:
        fitting = [
            declared
            for declared in fitting
            if declared.recognizes is not None and declared.recognizes(data)
        ] or fitting
    if len(fitting) != 1:
        raise FitError(
            f"{len(fitting)} of the fits {listed(usable)} take the parameters "
            f"{listed(given, none='that were given')}; name one as twin."
        )
    return fitting[0]
