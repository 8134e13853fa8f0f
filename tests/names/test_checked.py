"""What passes here reaches ssh, paths, tables and logs: nothing else may."""

from __future__ import annotations

import pytest

from nowfab import names
from nowfab.errors import NameRefused


@pytest.mark.parametrize(
    "text",
    ["red01", "RED", "_dmarc", "a.b-c_d", "10.0.0.1", "::1", "fe80::1%eth0", "2001:db8::7", "9", "a" * 253],
)
def test_names_that_hosts_have_pass_as_they_are(text: str) -> None:
    """A name is shown and looked up as it was typed."""

    assert text == names.node(text)


@pytest.mark.parametrize(
    "text",
    [
        "-oProxyCommand=x",
        "a;b",
        "$(x)",
        "`x`",
        "a b",
        "a\nb",
        "a\n",
        "%h",
        "../x",
        ".",
        "",
        "a" * 254,
        "r\u0435d01",
        "a\u00a0",
        "a\u0663",
        "a\x00b",
        "a/b",
        "a:b",
        "::1%",
        "fe80::1%a;b",
        "fe80::1%a%b",
        "[::1]",
        "\ud800",
    ],
)
def test_E1_what_could_be_an_option_a_path_or_a_command_is_no_name(text: str) -> None:
    """A name that begins with `-` is an option to ssh (CVE-2017-12976 and its family)."""

    with pytest.raises(NameRefused) as refused:
        names.node(text)

    assert str(refused.value).isprintable()


@pytest.mark.parametrize("text", ["", "-l", "a b", "u:p", "a;b", "root\n", "$x", "a" * 33])
def test_E1_the_same_holds_for_users(text: str) -> None:
    """A user is an argument as well as a name is."""

    with pytest.raises(NameRefused):
        names.user(text)


def test_users_that_exist_pass() -> None:
    """Dots and capitals occur where a directory service names people."""

    assert ["pi", "_apt", "Ada.Lovelace", "www-data"] == list(
        map(names.user, ["pi", "_apt", "Ada.Lovelace", "www-data"])
    )


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "ssh", "22 ", "0x16", "\u0662\u0662", "9" * 5000])
def test_a_port_is_a_number_from_1_to_65535(text: str) -> None:
    """Half a port would dial somewhere else."""

    with pytest.raises(NameRefused):
        names.port(text)


def test_ports_at_both_ends() -> None:
    """Off by one would lose the first or the last."""

    assert (1, 65535) == (names.port("1"), names.port("65535"))


def test_a_look_alike_is_named_by_its_number() -> None:
    """Nobody sees that this `e` is Cyrillic."""
    with pytest.raises(NameRefused) as refused:
        names.node("r\u0435d01")

    assert "`r\u0435d01` cannot be the name of a node: `\u0435` (U+0435) is not allowed" == str(refused.value)


def test_what_is_quoted_is_short_with_nothing_invisible() -> None:
    """A message goes to a terminal; what was typed must not steer it."""

    assert ("`a\\x1b[2J`", 60) == (names.shown("a\x1b[2J"), len(names.shown("x" * 10_000)))
