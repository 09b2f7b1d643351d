"""YAML that is plain data: mappings by name, lists, texts, numbers, true and false.

What else YAML knows is refused or left as text, because files are edited by hand: a name
that is there twice would hide a value, *on* is a polarity and no truth value, and
references could make gigabytes of a few lines.
"""

from __future__ import annotations

import re
from typing import Any

import yaml  # type: ignore[import-untyped]

from insilico_gui.errors import echoed
from insilico_gui.untrusted.limits import LIMITS, limit, variable
from insilico_gui.untrusted.text import MAX_DIGITS

_LINE_BREAKS = "\r\x85\u2028\u2029\ufeff"

_NOT_PLAIN = ("binary", "timestamp", "omap", "pairs", "set")


class YamlError(Exception):
    """A text is not YAML, or not plain data; says where and why."""


def read_yaml(text: str) -> Any:
    """Plain data of a YAML text; time and memory are linear in its length.

    Raises
    ------
    YamlError
        If it is not YAML, holds anything but plain data, or more entries or levels than
        the limits allow.
    """
    try:
        return _PlainLoader(text).get_single_data()
    except RecursionError as error:
        raise YamlError("it is nested too deeply") from error
    except yaml.MarkedYAMLError as error:
        line = 0 if error.problem_mark is None else error.problem_mark.line
        raise YamlError(f"line {line + 1}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise YamlError("it holds characters that are no text") from error


def write_yaml(values: dict[str, Any]) -> str:
    """YAML text of plain data; short lists on one line."""
    text: str = yaml.dump(
        values,
        Dumper=_PlainDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
    )
    return text


class _PlainDumper(yaml.SafeDumper):  # type: ignore[misc]  # has no types
    """PyYAML's safe dumper, with every line break that is not plain escaped."""

    def represent_text(self, text: str) -> Any:
        """Quote what readers would take for the end of a line."""
        style = '"' if any(break_ in text for break_ in _LINE_BREAKS) else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_PlainDumper.add_representer(str, _PlainDumper.represent_text)


class _PlainLoader(yaml.SafeLoader):  # type: ignore[misc]  # has no types
    """PyYAML's safe loader, with less to be surprised by."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._entries = 0
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse references, and more entries or levels than are allowed."""
        if self.check_event(yaml.AliasEvent):
            self._refuse("references (*name) are not read")
        self._entries += 1
        self._depth += 1
        for name, count in (
            ("spec_entries", self._entries),
            ("text_depth", self._depth),
        ):
            if count > limit(name):
                self._refuse(
                    f"it has more than {limit(name):,} {LIMITS[name].unit}, and the "
                    f"environment variable {variable(name)} is the limit"
                )
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _refuse(self, problem: str) -> None:
        mark = self.peek_event().start_mark
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)

    def construct_yaml_int(self, node: Any) -> Any:
        """Refuse numbers of more digits than anybody types."""
        if len(node.value) > MAX_DIGITS:
            raise yaml.MarkedYAMLError(
                problem=f"there is a number of {len(node.value)} digits",
                problem_mark=node.start_mark,
            )
        return super().construct_yaml_int(node)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Refuse names that are none, or there twice."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str) or key in seen:
                fault = "is there twice" if isinstance(key, str) else "is no name"
                raise yaml.MarkedYAMLError(
                    problem=f"{echoed(key)} {fault}",
                    problem_mark=key_node.start_mark,
                )
            seen.add(key)
        return super().construct_mapping(node, deep)

    def refuse_tag(self, node: Any) -> None:
        """Refuse what is tagged as anything but plain data."""
        raise yaml.MarkedYAMLError(
            problem="tags (!name) are not read", problem_mark=node.start_mark
        )


_PlainLoader.add_constructor("tag:yaml.org,2002:int", _PlainLoader.construct_yaml_int)
for _tag in (None, *(f"tag:yaml.org,2002:{kind}" for kind in _NOT_PLAIN)):
    _PlainLoader.add_constructor(_tag, _PlainLoader.refuse_tag)

_PLAIN = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"}
_BOOL = "tag:yaml.org,2002:bool"
# Without base 60: 1:30 is a time or a ratio to those who type it, and text here. Without
# base 8: 045 is 45 degrees to them
_NUMBERS = {
    "tag:yaml.org,2002:int": re.compile(
        r"[-+]?(?:0b[01_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$"
    ),
    "tag:yaml.org,2002:float": re.compile(
        r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$"
        r"|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
    ),
}
_PlainLoader.yaml_implicit_resolvers = {
    letter: [
        (tag, _NUMBERS.get(tag, pattern))
        for tag, pattern in resolvers
        if tag not in _PLAIN and (tag != _BOOL or letter in "tTfF")
    ]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
