"""Every block of code of the README and of the docs runs as it is written.

Each page runs in a process of its own and in an empty folder, its blocks in order. The
exceptions stand in the source of the page, before the block, and are counted here.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import tomllib

import pytest
import yaml
from support.docs_pages import DOCS, ROOT
from support.pages.blocks import RUN, Block, blocks_of, given_to
from support.pages.given import GIVEN
from support.pages.runner import SITE
from support.pages.server import ask, serving

pytestmark = [
    pytest.mark.skipif(
        not hasattr(os, "fork") or sys.platform == "darwin", reason="forks processes"
    ),
    pytest.mark.timeout(600),  # pages with fits, where the machine has other work
]

PAGES = [
    ROOT / "README.md",
    *sorted(DOCS.rglob("*.md")),
    *sorted(DOCS.rglob("*.ipynb")),
]
BLOCKS = {page.relative_to(ROOT).as_posix(): blocks_of(page) for page in PAGES}
WITH_CODE = [name for name, found in BLOCKS.items() if any(b.is_run for b in found)]

REASONS = {
    "opens a window",
    "sets up the machine",
    "downloads",
    "runs for minutes",
    "needs a recording",
}
"""Why a block may be left out."""

NOT_RUN: dict[str, list[str]] = {
    "README.md": [
        "sets up the machine",
        "sets up the machine",
        "opens a window",
        "opens a window",
    ],
    "docs/benchmarks.md": ["runs for minutes"],
    "docs/index.md": ["sets up the machine"],
    "docs/reference/drosophila.md": ["runs for minutes"],
    "docs/reference/nnpoisson.md": ["runs for minutes"],
    "docs/reference/own_twin.md": [
        "needs a recording",
        "needs a recording",
        "needs a recording",
        "downloads",
        "downloads",
    ],
    "docs/reference/wang2025.md": ["needs a recording"],
}
"""Which blocks are left out."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.mark.parametrize("name", WITH_CODE)
def test_the_blocks_run(name, server, tmp_path):
    folder = tmp_path / "page"
    folder.mkdir()
    blocks = [b for b in BLOCKS[name] if b.is_run]
    request = tmp_path / "page.json"
    request.write_text(
        json.dumps(
            {
                "page": name,
                "given": given_to(BLOCKS[name]),
                "files": {b.value: b.code for b in BLOCKS[name] if b.mark == "file"},
                "blocks": [
                    {"language": b.language, "code": b.code, "title": str(b)}
                    for b in blocks
                ],
            }
        )
    )
    environment = os.environ | {
        "HOME": str(tmp_path),
        "INSILICO_CONNECTOMES": str(tmp_path / "connectomes"),
        "INSILICO_LIBRARY": str(tmp_path / "library"),
        "PATH": os.pathsep.join(
            [
                os.path.dirname(server),
                os.path.dirname(sys.executable),
                os.environ["PATH"],
            ]
        ),
        SITE: str(tmp_path / "site"),
    }
    with (tmp_path / "said").open("w+") as said:
        asked = {"page": str(request), "cwd": str(folder), "env": environment}
        code = ask(server, asked, [0, said.fileno(), said.fileno()])
        said.seek(0)
        assert code == 0, said.read()
    done = json.loads(request.with_suffix(".answer").read_text())
    times = (tmp_path / "site.seconds").read_text().split()
    print(f"{sum(map(float, times)):.1f} s of processor time for {name}")
    for block, result in zip(blocks, done, strict=False):
        assert not result["error"], f"{block}\n{block.code}\n{result['error']}"
    assert len(done) == len(blocks), done[-1]["error"]


def test_blocks_that_are_not_run_are_few_and_say_why():
    left_out = {
        name: [b.value for b in found if b.mark == "not run"]
        for name, found in BLOCKS.items()
    }
    for reasons in left_out.values():
        assert set(reasons) <= REASONS
    assert {name: found for name, found in left_out.items() if found} == NOT_RUN
    run = sum(b.is_run for found in BLOCKS.values() for b in found)
    print(f"{run} blocks run, {sum(map(len, NOT_RUN.values()))} do not: {NOT_RUN}")


def test_what_is_given_to_pages_exists():
    for name, found in BLOCKS.items():
        assert set(given_to(found)) <= set(GIVEN), name


def is_well_formed(block: Block) -> bool:
    """Whether a block that is not run is what its language says."""
    if block.language == "python":
        ast.parse(block.code)
    elif block.language == "toml":
        tomllib.loads(block.code)
    elif block.language in ("json", "yaml"):  # JSON is YAML
        yaml.safe_load(block.code)
    else:
        return block.language in (*RUN, "text")
    return True


def test_other_blocks_are_what_they_say():
    for found in BLOCKS.values():
        for block in found:
            assert is_well_formed(block), f"{block} has no language of those known"
            if block.language == "text":
                assert "insilico-gui " not in block.code, f"{block} is of the shell"
