"""A pickle read as a description of data, never as a program.

A pickle is a list of instructions for a stack machine, some of which call whatever
function the file names. The machine here is not Python's: it knows the instructions with
which numpy arrays, dictionaries, lists, tuples, text and numbers are written, calls
nothing but the stand-ins of :mod:`insilico_gui.untrusted.pickled_arrays`, and leaves
long runs of bytes where they are in the file.
"""

from __future__ import annotations

import pickle
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from insilico_gui.errors import UntrustedFileError
from insilico_gui.untrusted.limits import limit, variable
from insilico_gui.untrusted.pickled_arrays import (
    NAMES,
    FileBytes,
    Name,
    PickledArray,
    PickledDtype,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

LEFT_IN_FILE = 2**16  # bytes from which a run of bytes is not read with the rest

_KEYS = (str, bytes, int, float, np.generic, type(None))


class InertClass:
    """The name of a class, standing for it."""

    def __init__(self, module: str, name: str) -> None:
        self.name = f"{module}.{name}"


class InertObject:
    """An object of a foreign class: its attributes, and none of its code.

    Attributes
    ----------
    kind : str
        Full name of the class.
    attributes : dict
        What the object was pickled with.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.attributes: dict[str, Any] = {}

    def set_state(self, state: object) -> None:
        """Take the attributes."""
        if not isinstance(state, dict) or not all(isinstance(k, str) for k in state):
            raise UntrustedFileError("it has an object of an unknown make")
        self.attributes = state


class PickleMachine:
    """Runs the instructions of one pickle.

    Parameters
    ----------
    file : binary file
        At the start of the pickle.
    end : int
        Where the file ends, in bytes from its start.
    inert : collection of (str, str)
        Module and name of classes whose objects are read as :class:`InertObject`.
    memory : int
        Refuse more bytes than this of text and short runs of bytes together.
    """

    def __init__(
        self,
        file: BinaryIO,
        end: int,
        inert: Collection[tuple[str, str]] = (),
        memory: int = 2**31,
    ) -> None:
        self._file = file
        self._left = end - file.tell()
        self._memory = memory
        self._inert = inert
        self._stack: list[Any] = []
        self._outer: list[list[Any]] = []  # stacks set aside by marks
        self._memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The data described; arrays are still stand-ins.

        Raises
        ------
        UntrustedFileError
            If there is anything but plain data. A damaged pickle raises nearly anything.
        """
        for _ in range(limit("weights_entries")):
            code = self._read(1)
            if code == pickle.STOP:
                return self._stack.pop()
            step = _STEPS.get(code)
            if step is None:
                raise UntrustedFileError("it carries something other than plain data")
            step(self)
        raise UntrustedFileError(
            f"it has more than {limit('weights_entries'):,} entries, the limit that the "
            f"environment variable {variable('weights_entries')} sets"
        )

    def _read(self, size: int) -> bytes:
        self._count(size)
        self._memory -= size
        if self._memory < 0:
            raise UntrustedFileError("it takes more memory than is free")
        return self._file.read(size)

    def _count(self, size: int) -> None:
        if size > self._left:
            raise UntrustedFileError("it is cut short or damaged")
        self._left -= size

    def line(self) -> str:
        """Text up to the end of the line."""
        line = self._file.readline(min(self._left, 1000))
        self._left -= len(line)
        return line.removesuffix(b"\n").decode()

    def number(self, size: int) -> int:
        """A whole number of `size` bytes, without sign."""
        return int.from_bytes(self._read(size), "little")

    def unpack(self, code: str) -> Any:
        """A number of the kind that :mod:`struct` calls `code`."""
        return struct.unpack(code, self._read(struct.calcsize(code)))[0]

    def push(self, value: Any) -> None:
        """Put one value on the stack."""
        self._stack.append(value)

    def text(self, width: int) -> None:
        """Text after its length."""
        self.push(self._read(self.number(width)).decode())

    def data(self, width: int) -> None:
        """Bytes after their length: read if they are few, else remembered."""
        size = self.number(width)
        if size < LEFT_IN_FILE:
            self.push(self._read(size))
            return
        self._count(size)
        self.push(FileBytes(self._file, self._file.tell(), size))
        self._file.seek(size, 1)

    def integer(self) -> None:
        """A whole number of up to 255 bytes."""
        self.push(int.from_bytes(self._read(self.number(1)), "little", signed=True))

    def skip(self, size: int) -> None:
        """An instruction that matters to nobody but Python's own reader."""
        self._read(size)

    def mark(self) -> None:
        """Set the stack aside until the next instruction that takes all since."""
        self._outer.append(self._stack)
        self._stack = []

    def since_mark(self) -> list[Any]:
        """Everything put on the stack since the last mark."""
        items, self._stack = self._stack, self._outer.pop()
        return items

    def fold(self, n: int) -> None:
        """The last `n` values as a tuple."""
        if len(self._stack) < n:
            raise UntrustedFileError("it is cut short or damaged")
        self._stack[-n:] = [tuple(self._stack[-n:])]

    def append(self, items: list[Any]) -> None:
        """Add to the list on top of the stack."""
        target = self._stack[-1]
        if not isinstance(target, list):
            raise UntrustedFileError("it carries something other than plain data")
        target += items

    def update(self, items: list[Any]) -> None:
        """Add keys and values to the dictionary on top of the stack."""
        target = self._stack[-1]
        keys, values = items[::2], items[1::2]
        # Keys that nest could take forever to compare.
        if not isinstance(target, dict) or not all(isinstance(k, _KEYS) for k in keys):
            raise UntrustedFileError("it carries something other than plain data")
        target.update(zip(keys, values, strict=True))

    def take(self, n: int) -> list[Any]:
        """Remove the last `n` values from the stack."""
        return [self._stack.pop() for _ in range(n)][::-1]

    def store(self, index: int | None = None) -> None:
        """Remember the top of the stack."""
        self._memo[len(self._memo) if index is None else index] = self._stack[-1]

    def recall(self, width: int) -> None:
        """Something remembered."""
        self.push(self._memo[self.number(width)])

    def name(self, module: object, name: object) -> None:
        """What stands for a name."""
        if not (isinstance(module, str) and isinstance(name, str)):
            raise UntrustedFileError("it is damaged")
        known: Name | InertClass | None = NAMES.get(
            (module.replace("numpy._core", "numpy.core"), name)
        )
        if known is None and (module, name) in self._inert:
            known = InertClass(module, name)
        if known is None:
            raise UntrustedFileError(
                f"it asks for {module[:80]}.{name[:80]}, which is not plain data"
            )
        self.push(known)

    def call(self) -> None:
        """Call a stand-in."""
        function, arguments = self.take(2)
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise UntrustedFileError("it carries something other than plain data")
        self.push(function(*arguments))

    def make(self) -> None:
        """An object of an inert class."""
        kind, arguments = self.take(2)
        if not isinstance(kind, InertClass) or arguments != ():
            raise UntrustedFileError("it carries something other than plain data")
        self.push(InertObject(kind.name))

    def build(self) -> None:
        """Give a stand-in its state."""
        state = self._stack.pop()
        target = self._stack[-1]
        if not isinstance(target, PickledDtype | PickledArray | InertObject):
            raise UntrustedFileError("it carries something other than plain data")
        target.set_state(state)


_STEPS: dict[bytes, Callable[[PickleMachine], None]] = {
    pickle.PROTO: lambda m: m.skip(1),
    pickle.FRAME: lambda m: m.skip(8),
    pickle.NONE: lambda m: m.push(None),
    pickle.NEWTRUE: lambda m: m.push(True),
    pickle.NEWFALSE: lambda m: m.push(False),
    pickle.BININT: lambda m: m.push(m.unpack("<i")),
    pickle.BININT1: lambda m: m.push(m.number(1)),
    pickle.BININT2: lambda m: m.push(m.number(2)),
    pickle.LONG1: PickleMachine.integer,
    pickle.BINFLOAT: lambda m: m.push(m.unpack(">d")),
    pickle.SHORT_BINUNICODE: lambda m: m.text(1),
    pickle.BINUNICODE: lambda m: m.text(4),
    pickle.BINUNICODE8: lambda m: m.text(8),
    pickle.SHORT_BINBYTES: lambda m: m.data(1),
    pickle.BINBYTES: lambda m: m.data(4),
    pickle.BINBYTES8: lambda m: m.data(8),
    pickle.BYTEARRAY8: lambda m: m.data(8),
    pickle.SHORT_BINSTRING: lambda m: m.data(1),  # text of Python 2
    pickle.BINSTRING: lambda m: m.data(4),
    pickle.MARK: PickleMachine.mark,
    pickle.EMPTY_TUPLE: lambda m: m.push(()),
    pickle.TUPLE1: lambda m: m.fold(1),
    pickle.TUPLE2: lambda m: m.fold(2),
    pickle.TUPLE3: lambda m: m.fold(3),
    pickle.TUPLE: lambda m: m.push(tuple(m.since_mark())),
    pickle.EMPTY_LIST: lambda m: m.push([]),
    pickle.APPEND: lambda m: m.append(m.take(1)),
    pickle.APPENDS: lambda m: m.append(m.since_mark()),
    pickle.EMPTY_DICT: lambda m: m.push({}),
    pickle.SETITEM: lambda m: m.update(m.take(2)),
    pickle.SETITEMS: lambda m: m.update(m.since_mark()),
    pickle.BINPUT: lambda m: m.store(m.number(1)),
    pickle.LONG_BINPUT: lambda m: m.store(m.number(4)),
    pickle.MEMOIZE: PickleMachine.store,
    pickle.BINGET: lambda m: m.recall(1),
    pickle.LONG_BINGET: lambda m: m.recall(4),
    pickle.GLOBAL: lambda m: m.name(m.line(), m.line()),
    pickle.STACK_GLOBAL: lambda m: m.name(*m.take(2)),
    pickle.REDUCE: PickleMachine.call,
    pickle.NEWOBJ: PickleMachine.make,
    pickle.BUILD: PickleMachine.build,
}
