"""Facts and healths fit 80 columns, row by row, and nothing that a node says can break one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.blobs import MemoryBlob
from nowfab.report import facts, health
from nowfab.report.across import share, size
from nowfab.report.fit import width
from nowfab.report.json import pieces
from nowfab.report.table import Table
from nowfab.report.visible import visible
from nowfab.results import Report, Result, Status

Rows = Callable[[Report, int | None], Table]

GIB_4 = "MemTotal: 3884408 kB\nMemAvailable: 3511700 kB"
DF = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/root 30358988 5313176 23773856 19% /"


def answer(**sections: str) -> bytes:
    told = "".join(
        f"\n{name}\n" + "".join(f" {line}\n" for line in text.split("\n")) for name, text in sections.items()
    )
    return f"\nnowfab-facts-1\n{told}\nend\n".encode()


PI = answer(
    model="Raspberry Pi 4 Model B Rev 1.4\0",
    os='ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
    kernel="6.6.51+rpt-rpi-v8",
    machine="aarch64",
    bits="64",
    cpus="0-3",
    memory=GIB_4,
    disk=DF,
    network="active\ninactive\ninactive\nactive",
)
HOT = answer(
    uptime="273845.11 1.0",
    load="0.08 0.03 0.01 1/1 1",
    memory=GIB_4,
    disk=DF,
    heat="51540 cpu-thermal",
    throttled="throttled=0x70005",
    required="yes",
    failed="cups.service loaded failed failed CUPS",
)
THROTTLED = "under-voltage, throttled; was: frequency capped"
BOTH = "NetworkManager+ifupdown"
WHY = "no answer from 192.168.1.103 port 22 within 10 s, and nobody knows why that is so"


def report(*told: bytes) -> Report:
    rows = [Result(f"red0{n}", Status.OK, 0, stdout=MemoryBlob(one)) for n, one in enumerate(told, 1)]
    return Report("facts", (*rows, Result("red09", Status.UNREACHABLE, reason=WHY)))


def test_facts_are_a_row_each_and_a_bad_node_says_why() -> None:
    laid = facts.rows(report(PI, answer()), None)

    assert not laid.hidden
    assert [
        "node   status       model       system     bits  kernel              RAM  disk  network",
        f"-----  -----------  ----------  ---------  ----  -----------------  ----  ----  {'-' * len(BOTH)}",
        f"red01  ok           Pi 4 B 1.4  debian 12  64    6.6.51+rpt-rpi-v8  3.7G   29G  {BOTH}",
        "red02  ok           -           -          -     -                     -     -  -",
        f"red09  unreachable  {WHY}",
    ] == laid.text.splitlines()


def test_healths_are_a_row_each() -> None:
    laid = health.rows(report(HOT, answer(throttled="throttled=0x0", failed="")), None)

    assert [
        "node   status          up  load  memory  disk    °C  reboot  failed  throttled",
        "-----  -----------  -----  ----  ------  ----  ----  ------  ------  " + "-" * len(THROTTLED),
        f"red01  ok           3d04h  0.08     10%   18%  51.5  due          1  {THROTTLED}",
        "red02  ok               -     -       -     -     -  -            0  no",
        f"red09  unreachable  {WHY}",
    ] == laid.text.splitlines()


ROWS = pytest.mark.parametrize("rows", [facts.rows, health.rows])


@ROWS
def test_all_fits_80_columns_and_what_is_cut_is_told(rows: Rows) -> None:
    laid = rows(report(PI, HOT), 80)

    assert [] == [line for line in laid.text.splitlines() if width(line) > 80]
    assert laid.hidden
    assert rows is health.rows or "Pi 4 B 1.4  debian 12  64    6.6.51+" in laid.text
    assert "no answer from 192.168.1.103 port 22" in laid.text


def test_a_32_bit_system_over_a_64_bit_kernel_shows_both() -> None:
    told = facts.rows(report(answer(machine="aarch64", bits="32")), None).text

    assert "64/32" in told


EVIL = answer(
    model="\x1b[2J\x1b]0;owned\x07Pi\u202e\r\n",
    kernel="x" * 500,
    os='ID="a\tb"\nVERSION_ID="\x9b31m"',
    failed="\x1b[31mx.service loaded",
    network="active\nactive\nactive\nactive",
)


@ROWS
@pytest.mark.parametrize("columns", [None, 80])
def test_a_hostile_node_cannot_paint_or_break_a_row(rows: Rows, columns: int | None) -> None:
    laid = rows(report(EVIL, PI), columns).text

    assert 5 == len(laid.splitlines())
    assert laid == visible(laid, keep="\n")


@given(st.binary(max_size=300), st.sampled_from(("model", "os", "kernel", "machine", "heat", "network")))
def test_any_bytes_are_one_row(said: bytes, section: str) -> None:
    told = b"nowfab-facts-1\n" + section.encode() + b"\n " + said + b"\nend\n"
    for view in (facts, health):
        laid = view.rows(report(told), 80).text

        assert 4 == len(laid.splitlines())
        assert laid == visible(laid, keep="\n")
        json.loads("".join(pieces(report(told), view.members)))


def test_json_has_what_the_table_has_no_room_for() -> None:
    both = [json.loads("".join(pieces(report(PI), view.members)))["results"] for view in (facts, health)]
    (told, nothing), (healthy, _) = both

    assert "Debian GNU/Linux 12 (bookworm)" == told["facts"]["system"]
    assert ["NetworkManager", "networking"] == told["facts"]["network"]
    assert None is nothing["facts"]
    assert 3511700 * 1024 == healthy["health"]["memory_free"]


def test_a_row_that_is_not_well_has_no_facts() -> None:
    """What a failed look wrote is its output, not the node's word."""
    (one,) = report(PI).results[:1]

    assert None is facts.told(replace(one, status=Status.FAILED))


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (None, "-"),
        (0, "0B"),
        (1023, "1K"),
        (437196 * 1024, "427M"),
        (3884408 * 1024, "3.7G"),
        (8256032 * 1024, "7.9G"),
        (30358988 * 1024, "29G"),
        (1022 * 1024**3, "1.0T"),
    ],
)
def test_sizes_are_short(count: int | None, shown: str) -> None:
    assert shown == size(count)


def test_a_share_of_nothing_is_unknown() -> None:
    assert ("-", "-", "50%") == (share(None, 4), share(1, 0), share(2, 4))
