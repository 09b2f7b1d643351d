"""YAML that is plain data: mappings by name, lists, texts, numbers, true and false.

What else YAML knows is refused or left as text, because files are edited by hand: a name
that is there twice would hide a value, *on* is a polarity and no truth value, and
references could make gigabytes of a few lines.
"""

from __future__ import annotations

from typing import Any

import yaml  # type: ignore[import-untyped]


class YamlError(Exception):
    """A text is not YAML, or not plain data; says where and why."""


def read_yaml(text: str) -> Any:
    """Plain data of a YAML text.

    Raises
    ------
    YamlError
        If it is not YAML, or holds anything but plain data.
    ValueError
        If it holds a number that Python does not read.
    RecursionError
        If it is nested hundreds of times.
    """
    try:
        return _PlainLoader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        line = 0 if error.problem_mark is None else error.problem_mark.line
        raise YamlError(f"line {line + 1}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise YamlError("it holds characters that are no text") from error


def write_yaml(values: dict[str, Any]) -> str:
    """YAML text of plain data; short lists on one line."""
    text: str = yaml.safe_dump(
        values, sort_keys=False, allow_unicode=True, default_flow_style=None
    )
    return text


class _PlainLoader(yaml.SafeLoader):  # type: ignore[misc]  # has no types
    """PyYAML's safe loader, with less to be surprised by."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse references."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem="references (*name) are not read",
                problem_mark=self.peek_event().start_mark,
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Refuse names that are none, or there twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for k, key in enumerate(keys):
            if not isinstance(key, str) or key in keys[:k]:
                fault = "is there twice" if isinstance(key, str) else "is no name"
                raise yaml.MarkedYAMLError(
                    problem=f"{key!r} {fault}",
                    problem_mark=node.value[k][0].start_mark,
                )
        return super().construct_mapping(node, deep)


_PLAIN = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"}
_BOOL = "tag:yaml.org,2002:bool"
_PlainLoader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in _PLAIN and (tag != _BOOL or letter in "tTfF")
    ]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
