"""inv setup-base: what cannot be meant is one line, and nothing is sent; keys are those that ssh offers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nowfab.fleet import keypair
from tests.cli.conftest import call

NODES = """\
defaults: {user: pi}
nodes:
  red[01-02]: {address: 127.0.0.1, port: 9}
  far: {address: 127.0.0.1, port: 9, identity: KEYS/far}
  here: {local: true}
  10.x: {address: 127.0.0.1}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a home that is a project too, with a key."""
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups/clusters").write_text("red red01 red02\n")
    (tmp_path / "groups/nodes.yaml").write_text(NODES.replace("KEYS", str(tmp_path)))
    (tmp_path / ".ssh").mkdir(mode=0o700)
    keypair.make(tmp_path / ".ssh/id_ed25519")
    return tmp_path


WRONG = {
    "a time zone": (("--timezone", "a b"), "`--timezone`: `a b` stands where a time zone such as"),
    "a language": (("--locale", "english!"), "`--locale`: `english!` stands where a locale such as"),
    "a keyboard": (("--keyboard", "de:x y"), "`--keyboard`: `x y` stands where a layout"),
    "a variant of no layout": (("--keyboard", ":nodeadkeys"), "no layout in `:nodeadkeys`"),
    "a package": (("--packages", "tmux,H"), "`--packages`: `H` stands where the name of a package should"),
    "an empty package": (("--packages", "tmux,"), "`--packages`: `` stands where the name of a package"),
    "a name": (("-w", "10.x"), "`10.x` stands where the name of a host (letters, digits and `-`) should"),
    "an address": (("-w", "127.0.0.1"), "nodes.yaml names it: `red01: {address: 127.0.0.1}`"),
    "this computer": (("-w", "here"), "`here` is this computer, which would get that name"),
    "a key": (("--key", "groups/clusters"), "groups/clusters:1: `red red01 red02` is no public key"),
    "a private key": (
        ("--key", ".ssh/id_ed25519"),
        "a private key stands here; the public one ends in `.pub`",
    ),
    "no file": (("--key", "gone.pub"), "gone.pub: cannot be read as a public key: no such file"),
    "a stream": (("--format", "stream"), "--format takes table or json here"),
    "a rollback": (("--rollback", "soon"), "--rollback"),
    "a rollback at once": (("--rollback", "0"), "`--no-rollback` does without a guard"),
    "a time for nothing": (("--within", "60"), "it goes with `--reboot-if-needed`"),
    "a time": (("--reboot-if-needed", "--within", "soon"), "--within"),
    "a password that nobody types": (("--ask-sudo",), "nobody can type the sudo password here"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_meant_is_one_line_and_nothing_is_sent(folder: Path, what: str) -> None:
    words, reason = WRONG[what]
    answer = call(folder, "setup-base", *(() if "-w" in words else ("-g", "red")), *words)

    assert (1, "") == (answer.returncode, answer.stdout)
    assert reason in answer.stderr
    assert 1 == answer.stderr.count("\n")


def test_without_a_public_key_it_names_what_was_looked_for(folder: Path) -> None:
    (folder / ".ssh/id_ed25519.pub").unlink()
    answer = call(folder, "setup-base", "-g", "red", "-w", "far")

    assert 1 == answer.returncode
    looked = ", ".join(f"`~/.ssh/id_{kind}.pub`" for kind in ("ed25519", "ecdsa", "rsa"))
    hint = "`ssh-keygen -t ed25519` makes a pair of keys, `--key FILE.pub` names another public key"
    assert f"no public key of yours for red[01-02],far: looked for {looked}; {hint}" in answer.stderr


def test_a_node_with_an_identity_gets_its_own_public_key(folder: Path) -> None:
    """Not the usual one, which ssh would not offer to it."""
    answer = call(folder, "setup-base", "-w", "far")
    assert 1 == answer.returncode
    assert "no public key of yours for far: looked for `~/far.pub`; " in answer.stderr

    keypair.make(folder / "far")
    answer = call(folder, "setup-base", "-w", "far", "--format", "json")
    assert (4, "unreachable") == (answer.returncode, json.loads(answer.stdout)["results"][0]["status"])


def test_nodes_without_an_address_for_others_are_told(folder: Path) -> None:
    answer = call(folder, "setup-base", "-g", "red")

    assert 4 == answer.returncode
    assert "no line in /etc/hosts for red[01-02]: nodes.yaml has no IP address that other" in answer.stderr


def test_a_dry_run_says_that_it_would_reboot_and_the_real_one_does_not_ask(folder: Path) -> None:
    """The flag is the yes; a node that cannot be set up is not rebooted."""
    words = ("setup-base", "-g", "red", "--reboot-if-needed")
    dry, real = call(folder, *words, "--dry"), call(folder, *words)

    assert "would reboot if needed: red[01-02]\n" in dry.stderr
    assert (4, 2, False) == (real.returncode, real.stdout.count("unreachable"), "would" in real.stderr)
