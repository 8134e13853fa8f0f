"""ssh_config is read from home and system, with what it includes, and nothing is passed over unsaid."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from nowfab.errors import FileError
from nowfab.machines.ssh.sshconfig import HostSettings, SshConfig

ENVIRON = {"SSH_AUTH_SOCK": "/run/usual", "MY_AGENT": "/run/mine", "KEYS": "/media/keys"}


class Config:
    """A home and a system folder to write into."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.system = folder / "etc"
        (self.home / ".ssh").mkdir(parents=True)
        self.system.mkdir()

    def write(self, text: str, name: str = "config") -> Path:
        path = self.home / ".ssh" / name
        path.write_text(text)
        return path

    def read(self) -> SshConfig:
        return SshConfig.read(self.home, self.system, ENVIRON)

    def lookup(self, name: str = "red01", user: str | None = None) -> HostSettings:
        return self.read().lookup(name, user)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path)


def test_no_files_say_nothing(config: Config) -> None:
    """A fresh computer has neither file."""

    assert (None, None, None) == (
        config.lookup().hostname,
        config.lookup().user,
        config.lookup().port,
    )


def test_the_users_file_comes_before_the_systems(config: Config) -> None:
    """What a person wrote outranks what the distribution wrote."""
    config.write("User mine\n")
    (config.system / "ssh_config").write_text("Host *\n User theirs\n Port 7\n")

    assert ("mine", 7) == (config.lookup().user, config.lookup().port)


def test_tokens_are_filled_in(config: Config) -> None:
    """One line of a config serves a hundred nodes, each with its own key."""
    config.write(
        "HostName %h.lan\nUser pi\nPort 2222\nIdentityFile ~/keys/%n-%h-%p-%r-%%\n"
        "IdentityFile %d/x\nIdentityFile ${KEYS}/y\nCertificateFile /c/%k\n"
        "UserKnownHostsFile ~/.ssh/known_%n ${KEYS}/known\n"
    )
    said = config.lookup()
    home = config.home

    assert (
        home / "keys/red01-red01.lan-2222-pi-%",
        home / "x",
        Path("/media/keys/y"),
    ) == said.identity_files
    assert (Path("/c/red01"),) == said.certificate_files
    assert (home / ".ssh/known_red01", Path("/media/keys/known")) == said.user_known_hosts


def test_the_user_that_was_asked_for_counts_in_match_and_tokens(config: Config) -> None:
    """`inv run -u admin` means another key, as `ssh admin@red01` does."""
    config.write("User pi\nIdentityFile /k/%r\nMatch user admin\n Port 7\n")

    assert (7, (Path("/k/admin"),)) == (
        config.lookup(user="admin").port,
        config.lookup(user="admin").identity_files,
    )
    assert (None, (Path("/k/pi"),)) == (config.lookup().port, config.lookup().identity_files)


def test_a_variable_that_is_not_set_drops_the_file_and_is_named(config: Config) -> None:
    """As in OpenSSH the setting is passed over; the row must be able to say why a key was not tried."""
    file = config.write("IdentityFile ${NOT_SET}/key\nIdentityFile /k/2\n")
    said = config.lookup()

    assert (Path("/k/2"),) == said.identity_files
    assert [("IdentityFile ${NOT_SET}/key (no environment variable `NOT_SET`)", f"{file}:1")] == [
        (what, str(place)) for what, place in said.unsupported
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", None),
        ("IdentityAgent none", "none"),
        ("IdentityAgent SSH_AUTH_SOCK", None),
        ("IdentityAgent $MY_AGENT", "/run/mine"),
        ("IdentityAgent ${MY_AGENT}", "/run/mine"),
        ("IdentityAgent $NOT_SET", "none"),
        ("IdentityAgent /run/%n", "/run/red01"),
    ],
)
def test_the_agent_is_the_one_that_openssh_would_ask(config: Config, line: str, expected: str | None) -> None:
    """None leaves SSH_AUTH_SOCK to decide; `none` means that no agent is asked."""
    config.write(line + "\n")

    assert expected == config.lookup().identity_agent


def test_identity_none_means_that_not_even_the_usual_files_are_tried(config: Config) -> None:
    """Six wrong keys lock us out, so who says `none` means it."""
    config.write("IdentityFile none\n")

    assert ((), True) == (config.lookup().identity_files, config.lookup().identities_named)


def test_jump_none_is_no_jump_but_something_said(config: Config) -> None:
    """`Host *` may name a gateway that the gateway itself must not use."""
    config.write("Host gate\n ProxyJump none\nHost *\n ProxyJump pi@gate:2222,inner-%n\n")

    assert () == config.lookup("gate").proxy_jump
    assert ("pi@gate:2222", "inner-red01") == config.lookup().proxy_jump


def test_include_takes_files_in_the_order_of_their_names(config: Config) -> None:
    """conf.d folders rely on it: 10-red before 20-all."""
    (config.home / ".ssh/conf.d/folder.conf").mkdir(parents=True)
    config.write("Port 20\nUser z\n", "conf.d/20.conf")
    config.write("Port 10\n", "conf.d/10.conf")
    config.write("Port 1\n", "conf.d/.hidden.conf")
    config.write("Include conf.d/*.conf nobody/*.conf missing\nPort 30\nHostKeyAlias k\n")
    said = config.lookup()

    assert (10, "z", "k") == (said.port, said.user, said.host_key_alias)


def test_an_include_counts_only_where_its_block_does(config: Config) -> None:
    """A Host line in an included file must not end the block that included it."""
    config.write("User a\nHost red01\n Port 7\nHost *\n HostKeyAlias k\n", "more")
    config.write("Host red*\n Include ~/.ssh/more\n HashKnownHosts yes\nHost blue\n Port 9\n")
    red, blue = config.lookup("red01"), config.lookup("blue")

    assert ("a", 7, "k", True) == (red.user, red.port, red.host_key_alias, red.hash_known_hosts)
    assert (None, 9, None, False) == (blue.user, blue.port, blue.host_key_alias, blue.hash_known_hosts)


def test_the_systems_includes_are_looked_for_beside_it(config: Config) -> None:
    """Debian's ssh_config begins with an Include of ssh_config.d."""
    (config.system / "ssh_config.d").mkdir()
    (config.system / "ssh_config.d/a.conf").write_text("Port 7\n")
    (config.system / "ssh_config").write_text("Include ssh_config.d/*.conf\n")

    assert 7 == config.lookup().port


def test_files_that_include_one_another_end(config: Config) -> None:
    """A circle is a slip of the finger, not a reason to hang."""
    file = config.write("Include config\n")

    with pytest.raises(FileError, match=re.escape(f"{file}:1: more than 16 files include one another")):
        config.read()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ProxyCommand nc %h %p\n", ["ProxyCommand"]),
        ("ProxyCommand none\n", []),
        ("GSSAPIAuthentication yes\nPKCS11Provider /lib/x.so\n", ["GSSAPIAuthentication", "PKCS11Provider"]),
        ("GSSAPIAuthentication no\nHost *\n GSSAPIAuthentication yes\n", []),
        ("KnownHostsCommand /bin/x %H\nRemoteCommand 'it''s\n", ["KnownHostsCommand", "RemoteCommand"]),
        ("ForwardX11 yes\nControlMaster auto\nCompression yes\nLogLevel DEBUG\nSendEnv LANG\n", []),
        (
            "Ciphers aes256-ctr\nRevokedHostKeys /etc/x\nForwardAgent yes\n",
            ["Ciphers", "RevokedHostKeys", "ForwardAgent"],
        ),
        ("HostNmae red\n", ["HostNmae"]),
        ("IgnoreUnknown Host*\nHostNmae red\n", []),
        ('Match exec "test -f /x"\n Port 7\n', ["Match exec"]),
        ("Match host blue exec true\n Port 7\n", []),
        ("Match host red* !exec true\n Port 7\n", ["Match exec"]),
        ("Match localnetwork 10.0.0.0/8\n Port 7\n", ["Match localnetwork"]),
    ],
)
def test_what_matters_and_is_not_done_is_named(config: Config, text: str, expected: list[str]) -> None:
    """Silence would be an answer from the wrong host, or none, without a reason."""
    config.write(text)
    said = config.lookup()

    assert (expected, None) == ([what for what, _ in said.unsupported], said.port)


def test_match_exec_runs_nothing(config: Config) -> None:
    """A host's name must never reach a shell here (CVE-2017-1000117 and its like)."""
    config.write(f'Match exec "touch {config.home}/ran"\n User x\n')
    config.lookup("h;touch${IFS}ran")

    assert (None, False) == (config.lookup().user, (config.home / "ran").exists())


def test_what_a_distribution_ships_is_nobodys_wish(config: Config) -> None:
    """Debian's file asks for GSSAPI everywhere; a warning in every run would teach not to read them."""
    (config.system / "ssh_config").write_text(
        "Host *\n SendEnv LANG LC_*\n HashKnownHosts yes\n GSSAPIAuthentication yes\n"
    )

    assert ((), True) == (config.lookup().unsupported, config.lookup().hash_known_hosts)


def test_a_config_that_others_may_write_is_refused(config: Config) -> None:
    """Whoever can write it decides which host we trust; OpenSSH refuses it, too."""
    file = config.write("Port 7\n")
    file.chmod(0o666)

    with pytest.raises(FileError, match="everybody may write it"):
        config.read()


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_a_config_that_is_no_file_is_refused_at_once(config: Config, kind: str) -> None:
    """A pipe would be waited for without end."""
    path = config.home / ".ssh/config"
    path.mkdir() if kind == "folder" else os.mkfifo(path)

    with pytest.raises(FileError, match="it is no file"):
        config.read()


def test_an_included_file_that_cannot_be_used_is_named_with_its_include(config: Config) -> None:
    """The place to mend is the Include, or the file that it names; both are said."""
    os.mkfifo(config.home / ".ssh/pipe")
    file = config.write("\nInclude pipe\n")

    with pytest.raises(FileError, match=re.escape(f"{file}:2: `{config.home}/.ssh/pipe` cannot be used")):
        config.read()


def test_bytes_that_are_not_utf8_survive(config: Config) -> None:
    """Names of files are bytes."""
    (config.home / ".ssh/config").write_bytes(b"# caf\xe9\nIdentityFile /k/caf\xe9\n")

    assert [b"/k/caf\xe9"] == [os.fsencode(path) for path in config.lookup().identity_files]


def test_a_thousand_hosts_are_looked_up_in_a_moment(config: Config) -> None:
    """Scanning every block for every host takes 23 ms a host in stock Fabric."""
    config.write(
        "".join(
            f"Host node{n}\n HostName 10.0.{n // 250}.{n % 250}\n User pi\n IdentityFile ~/.ssh/id_%h\n"
            for n in range(1000)
        )
        + "Host *\n ServerAliveInterval 5\nMatch host 10.0.1.*\n Port 2222\n"
    )
    read = config.read()
    began = time.process_time()
    ports = [read.lookup(f"node{n}").port for n in range(1000)]
    spent = time.process_time() - began

    assert 250 == ports.count(2222)
    assert spent < 0.6  # 0.1 s on a quiet box; what grows with the square takes 10 s and more
