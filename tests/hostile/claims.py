"""Files that are well formed and claim too much, made for one format each."""

from __future__ import annotations

import io
import json
import pickle
import struct
import warnings
import zipfile
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.random import Generator


def header(descr: str, shape: object) -> bytes:
    """A ``.npy`` file without data."""
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}"
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


HEADERS = [
    ("<U100000000", "(0,)"),
    ("<U100000000", "()"),
    ("|V0", "(1000000000000,)"),
    ("<f4", "(1000000, 1000000)"),
    ("<f4", "(True, True, False)"),
    ("<f4", "(0, 9999999999999)"),
    ("|O", "(3,)"),
    ("|S1000000000", "(1,)"),
    ("<f4", "(-1, 5)"),
    ("|u1", f"({'9' * 60},)"),
    ("|u1", "(2000000000, 100, 100)"),
]


def npy(path: Path, rng: Generator) -> None:
    path.write_bytes(header(*HEADERS[rng.integers(len(HEADERS))]))


def npz_member(path: Path, rng: Generator) -> None:
    """One array of an archive for one that claims more."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    chosen = list(members)[rng.integers(len(members))]
    members[chosen] = header(*HEADERS[rng.integers(len(HEADERS))])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def npz_names(path: Path, rng: Generator) -> None:
    """Entries without a name, or with one that is there twice."""
    names = ["", ".npy", "layout.npy", "../x.npy", "a" * 60_000, "d/"]
    name = names[rng.integers(len(names))]
    if not name:
        path.write_bytes(nameless())
        return
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore", UserWarning)  # of names that are there already
        archive.writestr(name, header("<f4", "(0,)"))


def nameless() -> bytes:
    """An archive whose entry has no name: its one letter is declared as extra data."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Q", header("<f4", "(0,)"))
    content = bytearray(packed.getvalue())
    for place in (26, content.index(b"PK\1\2") + 28):
        content[place : place + 4] = struct.pack("<HH", 0, 1)
    return bytes(content)


@cache
def bomb() -> bytes:
    """An archive of 600 KB that unfolds to 560 MB."""
    shape = (7, 20_000, 1000)
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("responses.npy", "w") as member,
    ):
        member.write(header("<f4", str(shape)))
        for _ in range(shape[0]):
            member.write(bytes(4 * shape[1] * shape[2]))
    return packed.getvalue()


def npz_bomb(path: Path, rng: Generator) -> None:
    path.write_bytes(bomb())


YAML = [
    "a: &a [x,x]\n" + "".join(f"b{i}: &b{i} [*a,*a]\n" for i in range(30)),
    "family: trippy\nx: " + "[" * 100_000,
    "- " * 50_000,
    "".join(f"k{i}: {i}\n" for i in range(40_000)),
    "family: trippy\nseed: " + "9" * 100_000,
    "family: trippy\nseed: 0x" + "f" * 1_000_000,
    "family: trippy\nseed: " + "59:" * 20_000 + "59",
    "family: " + "x" * 2_000_000,
    "family: looming\nstart_deg: 1.0e-300\n",
    "family: drifting_gratings\ndisplay: {pixels: [10000, 10000]}\n",
    "family: drifting_gratings\nrepeats: 9007199254740992\n",
    "family: drifting_gratings\nframe_rate: .inf\n",
    "family: drifting_gratings\nduration_s: 1.0e+15\n",
    "family: monet2\nduration_s: 1.0e+15\n",
    "#\n" * 1_900_000,
    "x: |\n" + " y\n" * 1_000_000,
    "? " * 30_000,
    "{" * 30_000,
    "!!python/object/apply:os.system ['true']",
]


def yaml(path: Path, rng: Generator) -> None:
    path.write_text(YAML[rng.integers(len(YAML))])


JSON = [
    "[" * 100_000,
    '{"family": "trippy", "seed": ' + "9" * 5000 + "}",
    '{"family": "trippy", "seed": 1e999}',
    '{"a":' * 50_000,
    '{"family": "' + "x" * 3_000_000 + '"}',
    "[" + "{}," * 900_000 + "{}]",
    '{"family": "trippy", "family": "monet2"}',
    "{" + ",".join(f'"k{i}": {i}' for i in range(40_000)) + "}",
    '{"family": "drifting_gratings", "display": {"pixels": [10000, 10000]}}',
    '{"family": "drifting_gratings", "size_deg": [' + "1," * 30_000 + "1]}",
]


def json_text(path: Path, rng: Generator) -> None:
    path.write_text(JSON[rng.integers(len(JSON))])


CSV = [
    b",".join(b"c%d" % i for i in range(200_000)) + b"\n" + b"0," * 199_999 + b"0\n",
    b"onset,duration\n" + b'"' * 100_001,
    b"onset,duration\n" + b"0,1\n" * 50_000 + b"1,2,3\n",
    b"x" * 5_000_000,
    b"onset,onset\n0,1\n",
    b"onset;duration\n0,5;1\n1,5;1\n",
    b"\xff\xfe" + "onset,duration\n0,1\n".encode("utf-16-le"),
    b"\xff\xfe\x00\xd8" * 100,
    b"onset,duration,direction\n0,0,0\n1,0,90\n",
    b"onset,duration,direction\n0,1e300,0\n1,1,90\n",
    b"onset,duration,direction\n0,1,0\n1,1,90\n2,1,180\n",
    b"onset,duration\n" + b"9" * 5000 + b",1\n",
    b"onset,duration\nnan,inf\n",
    b"onset,duration\n0,\x00\n",
    b"onset\tduration\r0\t1\r",
    b"\n" * 1_000_000,
    b'"' + b"a\n" * 200_000,
    b"onset,duration\n" + b"1,1,\n" * 1000,
]


def csv(path: Path, rng: Generator) -> None:
    path.write_bytes(CSV[rng.integers(len(CSV))])


def parquet_table(path: Path, rng: Generator) -> None:
    """Tables that are large, deep, wide or odd."""
    many = {f"c{i}": [0] for i in range(30_000)}
    tables = [
        lambda: pa.table(many),
        lambda: pa.table(
            {"onset": pa.array(["x" * 1_000_000] * 100).dictionary_encode()}
        ),
        lambda: pa.table({"onset": [[1, 2], [3]], "duration": [1, 1]}),
        lambda: pa.table({"onset": [{"a": 1}], "duration": [1]}),
        lambda: pa.table({"onset": [2**62], "duration": [-1]}),
        lambda: pa.table({"onset": pa.nulls(12_000_000, pa.int8())}),
        lambda: pa.table({"onset": [], "duration": []}),
    ]
    table = tables[rng.integers(len(tables))]()
    parquet.write_table(table, str(path), compression="zstd")


def parquet_footer(path: Path, rng: Generator) -> None:
    content = path.read_bytes()
    length = int(rng.choice([0, 1, 2**31 - 1, 2**32 - 1, len(content), 100_000_000]))
    path.write_bytes(content[:-8] + struct.pack("<I", length) + b"PAR1")


def layout(
    change: Callable[[dict, Generator], None],
) -> Callable[[Path, Generator], None]:
    """A change of the description beside a table."""

    def damage(path: Path, rng: Generator) -> None:
        content = json.loads(path.read_text())
        change(content, rng)
        path.write_text(json.dumps(content))

    return damage


def odd_value(content: dict, rng: Generator) -> None:
    """Something else in place of any value, at any depth."""
    places = []

    def walk(value: object) -> None:
        pairs = (
            value.items()
            if isinstance(value, dict)
            else enumerate(value)
            if isinstance(value, list)
            else ()
        )
        for key, inner in pairs:
            places.append((value, key))
            walk(inner)

    walk(content)
    odd = [
        *(None, -1, 10**12, [10**6, 10**6], 10**400, {}, [], "x" * 1_000_000, True),
        *("<U100000000", "|V0", "O", "<f4", "gzip", [[]], {"name": "pickle"}, 1e308),
    ]
    holder, key = places[rng.integers(len(places))]
    holder[key] = odd[rng.integers(len(odd))]


def torch_pickle(path: Path, rng: Generator) -> None:
    """An archive of torch with another pickle in it."""
    deep = b"\x80\x02" + b"}" * 1 + b"(" + b"}" * 200_000 + b"."
    code = b"cos\nsystem\n(S'true'\ntR."
    nested: dict = {}
    for _ in range(9):
        nested = dict.fromkeys(range(9), nested)
    content = [
        deep,
        code,
        pickle.dumps({"a": [0] * 100_000}, 2),
        pickle.dumps({"x" * 1_000_000: 1}, 2),
        pickle.dumps({"best_params": nested}, 2),
        b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
        b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
    ][rng.integers(7)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")


def npy_pickle(path: Path, rng: Generator) -> None:
    content = [
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04" + b"}" * 1_500_000 + b".",
        pickle.dumps({"x" * 1_000_000: {}}),
        pickle.dumps({"fmri": {"ncsnr": np.zeros(0)}, "encoding_models": [1]}),
        b"\x80\x04]\x94h\x00a.",
        b"\x80\x04X\xff\xff\xff\x7f",
        b"\x80\x04\x8a\xff" + b"\xff" * 255 + b".",
    ][rng.integers(7)]
    path.write_bytes(header("|O", "()") + content)
