"""Other tools' groups come in, and what was written comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.errors import FileError
from nowfab.exchange import read, write
from nowfab.exchange.fit import fit
from nowfab.exchange.roster import Host, Item, Roster

host_names = st.from_regex(r"[a-z]{1,4}[0-9]{0,2}(-[a-z]{1,2})?", fullmatch=True)
users = st.none() | st.sampled_from(["pi", "ada"])
ports = st.none() | st.integers(1, 65535)
addresses = st.none() | st.sampled_from(["10.0.0.1", "192.168.50.2", "fe80::1"])


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Make groups of hosts, and of groups that come later; no host is named as a group."""
    hosts = draw(st.lists(host_names, min_size=1, max_size=6, unique=True))
    tags = [f"g-{number}" for number in range(draw(st.integers(1, 4)))]
    said = {name: Item(name, draw(users), draw(ports)) for name in hosts}
    groups = []
    for number, tag in enumerate(tags):
        inner = [Item(later, group=True) for later in tags[number + 1 :] if draw(st.booleans())]
        members = draw(st.lists(st.sampled_from(hosts), min_size=1, max_size=5, unique=True))
        groups.append((tag, (*(said[name] for name in members), *inner)))
    named = {item.name for _, items in groups for item in items if not item.group}
    facts = [
        Host(name, draw(addresses), draw(st.none() | st.just("gate"))) for name in hosts if name in named
    ]
    return Roster(tuple(groups), tuple(host for host in facts if host != Host(host.name)))


def sorted_groups(roster: Roster) -> dict[str, set[Item]]:
    return {name: set(items) for name, items in roster.groups}


@pytest.mark.parametrize("format", [name for name in write.FORMATS if name not in read.GROUPLESS])
@given(rosters())
def test_what_a_format_holds_comes_back(format: str, roster: Roster) -> None:
    """Whoever moves to another tool and back has lost only what was said."""
    fitting, _ = fit(roster, write.FORMATS[format].able)
    files, _ = write.write(roster, format)
    back, lost = read.read(files if format == "dsh" else {"file": files[""]}, format, "x")

    assert () == lost
    assert sorted_groups(fitting) == sorted_groups(back)
    assert set(fitting.hosts) == set(back.hosts)


@pytest.mark.parametrize("format", read.GROUPLESS)
@given(rosters())
def test_what_a_format_without_groups_holds_comes_back_as_one(format: str, roster: Roster) -> None:
    fitting, _ = fit(roster, write.FORMATS[format].able)
    back, lost = read.read({"file": write.write(roster, format)[0][""]}, format, "all")

    assert () == lost
    found, items = set(back.everybody()), set(fitting.everybody())
    if format == "hosts":
        assert {host for host in fitting.hosts if host.address} == set(back.hosts)
    elif format == "ssh-config":
        facts = fitting.facts()
        plain = {item for item in items if facts(item.name) == Host(item.name)}
        assert items - {Item(item.name) for item in plain} == found
        assert set(fitting.hosts) == set(back.hosts)
    else:
        assert items == found


def test_genders_as_people_write_them() -> None:
    text = "red[01-02] red,login,address=10.0.0.9  # two\nblue1 blue,rack=7,port=2200\n"
    found, lost = read.read({"genders": text}, "genders", "x")

    assert ["red", "login", "blue"] == [name for name, _ in found.groups]
    assert (Item("blue1", port=2200),) == dict(found.groups)["blue"]
    assert ("attributes with values: rack",) == lost


def test_an_ansible_inventory_of_the_old_kind() -> None:
    text = (
        "lone ansible_host=10.0.0.1\n[web]\nw[01:03] ansible_user=pi http_port=80\n"
        "[all_web:children]\nweb\n[web:vars]\nproxy=x\n"
    )
    found, lost = read.read({"hosts": text}, "ansible", "x")

    assert {
        "ungrouped": {Item("lone")},
        "web": {Item(f"w0{number}", "pi") for number in (1, 2, 3)},
        "all_web": {Item("web", group=True)},
    } == sorted_groups(found)
    assert (Host("lone", "10.0.0.1"),) == found.hosts
    assert ("variables: proxy, http_port",) == lost


def test_clustershell_lines_and_other_sources() -> None:
    found, _ = read.read({"groups": "red: red[1-2],@roles:blue\nblue: b\n"}, "clustershell", "x")

    expected = {"red": {Item("red1"), Item("red2"), Item("blue", group=True)}, "blue": {Item("b")}}
    assert expected == sorted_groups(found)


def test_dsh_with_pdsh_includes() -> None:
    found, _ = read.read({"red": "# mine\nred01\n#include blue\n", "blue": "pi@b\n"}, "dsh", "x")

    assert (Item("red01"), Item("blue", group=True)) == dict(found.groups)["red"]


def test_hosts_leaves_this_computer_out() -> None:
    text = "127.0.0.1 localhost\n::1 ip6-localhost\n10.0.0.5 red01 red01.lan # first\n"
    found, _ = read.read({"hosts": text}, "hosts", "lan")

    assert (("lan", (Item("red01"),)),) == found.groups
    assert (Host("red01", "10.0.0.5"),) == found.hosts


def test_ssh_config_names_the_patterns_that_it_leaves_out() -> None:
    text = "Host red01 *.lan\n  User=pi\nHost *\n  Port 22\nMatch user x\n  Port 1\n"
    found, lost = read.read({"config": text}, "ssh-config", "all")

    assert (Item("red01", "pi"),) == dict(found.groups)["all"]
    assert ("patterns: *.lan, *, Match user x",) == lost


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("genders", "a;b red\n"),
        ("pssh", "\n-oProxyCommand=x\n"),
        ("pssh", "red01 a;b\n"),
        ("pssh", "red red01 red02\n"),
        ("hosts", "10.0.0.1 $(x)\n"),
        ("ansible", "[web]\nw[a\n"),
        ("ansible", "web:\n  hosts: [a]\n"),
        ("clustershell", "red: [a]\n"),
        ("clustershell", "red: @gone\n"),
        ("ssh-config", 'Host "a\n'),
        ("clusterssh", "$ red\n"),
        ("dsh", "`id`\n"),
    ],
)
def test_what_cannot_be_meant_is_an_error_with_its_place(format: str, text: str) -> None:
    """These files are data: nothing in them is run, and nothing of them guessed."""
    with pytest.raises(FileError, match=r"^file:\d+: "):
        read.read({"file": text}, format, "x")
