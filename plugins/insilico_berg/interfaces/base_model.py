"""The base class of all models, also of those that others write.

A class that is registered with
:func:`insilico_berg.core.model_registry.register_model` is constructed as
``cls(berg_dir=..., device=..., selection=..., **arguments)``, and then ``load_model`` is
called.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Self


class BaseModelInterface(ABC):
    """What a model does; may be used in ``with``."""

    @abstractmethod
    def load_model(self) -> None:
        """Load the weights."""

    @classmethod
    @abstractmethod
    def get_model_id(cls) -> str:
        """Under which it is registered."""

    @classmethod
    @abstractmethod
    def get_metadata(cls, *args: Any, **kwargs: Any) -> Any:
        """Metadata of an instance.

        Called on the class with ``berg_dir=`` and what names the instance, or with
        ``model_instance=``; on a model without arguments.
        """

    @abstractmethod
    def generate_response(self, stimulus: Any, *args: Any, **kwargs: Any) -> Any:
        """Responses to a stimulus."""

    @abstractmethod
    def cleanup(self) -> None:
        """Give up the weights."""

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """The same as ``BERG.describe``, without printing it."""
        from insilico_berg.core.model_registry import card_of

        return card_of(cls.get_model_id())

    @classmethod
    def get_supported_parameters(cls) -> dict[str, Any]:
        """What can be given to load and use it, by name; see :meth:`describe`."""
        parameters: dict[str, Any] = cls.describe()["parameters"]
        return parameters

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cleanup()
