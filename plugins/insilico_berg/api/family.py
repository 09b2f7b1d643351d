"""What the interface needs to know of a family of models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from insilico_berg import catalogue
from insilico_berg.api.arguments import check_arguments, subject_of
from insilico_berg.tree_files import Key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from insilico_berg.api.arguments import Selection
    from insilico_berg.api.model import EncodingModel
    from insilico_berg.tree import Entry


class Family(ABC):
    """One model of the list, of which there are many instances.

    Attributes
    ----------
    id : str
    arguments : dict of str to str
        What to give to load an instance, and which values it may have.
    selection : dict of str to str
        What can be selected when it is loaded.
    metadata_arguments : tuple of str
        What to give for metadata.
    stimulus, response : str
        What goes in and comes out.
    """

    id: str
    arguments: Mapping[str, str]
    selection: Mapping[str, str]
    metadata_arguments: tuple[str, ...]
    stimulus: str
    response: str

    @abstractmethod
    def key(self, arguments: Mapping[str, Any], selection: Selection) -> Key:
        """Which instance to load; raises InvalidParameterError."""

    @abstractmethod
    def metadata_key(self, arguments: Mapping[str, Any]) -> Key:
        """Of which instance the metadata are; raises InvalidParameterError.

        Arguments that are of other models are left aside, as published.
        """

    @abstractmethod
    def load(
        self, entry: Entry, directory: Path, selection: Selection, device: str
    ) -> EncodingModel[Any]:
        """Load an instance.

        Raises
        ------
        InsilicoError
            If files are wrong, or the selection is of another model.
        """


class SubjectFamily(Family):
    """A family with one instance for each subject.

    Attributes
    ----------
    n_subjects : int
    """

    n_subjects: int
    metadata_arguments: tuple[str, ...] = ("subject",)

    def key(self, arguments: Mapping[str, Any], selection: Selection) -> Key:
        """See :meth:`Family.key`."""
        check_arguments(arguments, tuple(self.arguments), self.id)
        return Key(subject=subject_of(arguments, self.n_subjects, self.id))

    def metadata_key(self, arguments: Mapping[str, Any]) -> Key:
        """See :meth:`Family.metadata_key`."""
        return Key(subject=subject_of(arguments, self.n_subjects, self.id))


IMAGES = "images [n, 3, H, W], RGB, numbers of 0 to 255 of any type, any size"


def title(model: str) -> str:
    """One line on a model."""
    return catalogue.KNOWN[model].title
