"""ssh_config says here what it says to OpenSSH: `ssh -G` is asked the same."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nowfab.errors import FileError
from nowfab.machines.ssh import sshconfig
from nowfab.machines.ssh.sshconfig import HostSettings, SshConfig
from nowfab.machines.ssh.sshconfig_read import Source

SSH = shutil.which("ssh")

pytestmark = pytest.mark.skipif(SSH is None, reason="there is no ssh on this computer")

HOME = Path(pwd.getpwuid(os.getuid()).pw_dir)
"""What `ssh -G` takes for `~`, whatever HOME says; only the name is used, nothing there is read."""

HOSTS = ("red01", "red02", "RED01", "blue", "10.0.0.7")

CONFIGS = {
    "the first value wins": "Host red01\n Port 1\n User a\nHost red*\n Port 2\n User b\nHost *\n Port 3\n",
    "a general block first": "User first\nHost red01\n User second\n Port 22\n",
    "negated patterns": "Host red* !red02\n Port 7\nHost !red01\n Port 8\nHost * !blue\n User x\n",
    "a negation alone": "Host !red01\n User nobody\n",
    "a question mark": "Host red0?\n Port 7\nHost red?\n Port 8\n",
    "stars in the middle": "Host r*d*1\n Port 7\nHost *.*.0.7\n Port 8\n",
    "hosts in capitals": "Host RED01\n Port 7\n",
    "the equals sign": "Host=red01\nPort=7\nUser =a\nHostName = 10.0.0.1\n",
    "keywords in capitals": "HOST red01\n\tPORT 7\n\tuSeR a\n",
    "comments": "# one\nHost red01 # two\n Port 7 # three\n  # four\n User a#b\n#\n",
    "blank lines and CRLF": "\r\n\nHost red01\r\n Port 7\r\n\t\r\n User a\r\n",
    "no final newline": "Host red01\n Port 7",
    "quotes": 'Host "red01"\n User "a b"\n HostKeyAlias \'c d\'\n IdentityFile "/k/with blank"\n',
    "quoted hosts": 'Host "red01 red02"\n Port 7\nHost "red01" "blue"\n Port 8\n',
    "escapes": 'Host red01\n User a\\ b\n HostKeyAlias "c\\"d"\n IdentityFile /k/a\\b\n',
    "a quote inside": 'Host red01\n User a"b c"d\n',
    "hostname tokens": "Host red*\n HostName %h.example.org\nHost blue\n HostName 100%%.x\n",
    "hostname in capitals": "HostName RED.Example.ORG\n",
    "many identities": "IdentityFile /k/1\nHost red01\n IdentityFile /k/2\nHost *\n IdentityFile /k/3\n",
    "an identity twice": "IdentityFile /k/1\nHost *\n IdentityFile /k/1\n IdentityFile /k/2\n",
    "certificates": "CertificateFile /c/1\nHost red*\n CertificateFile /c/2\n",
    "flags": "IdentitiesOnly yes\nHashKnownHosts true\n",
    "flags off": "IdentitiesOnly no\nHost *\n IdentitiesOnly yes\nHashKnownHosts false\n",
    "checking": "Host red01\n StrictHostKeyChecking accept-new\nHost blue\n StrictHostKeyChecking off\n"
    "Host red02\n StrictHostKeyChecking no\nHost *\n StrictHostKeyChecking yes\n",
    "known hosts": "UserKnownHostsFile /a/1 /a/2\nGlobalKnownHostsFile /b/1\n",
    "known hosts of home": "UserKnownHostsFile ~/.ssh/other\n",
    "no known hosts": "UserKnownHostsFile none\nGlobalKnownHostsFile none\n",
    "times": "ConnectTimeout 1m30\nServerAliveInterval 45\n",
    "times of nothing": "ConnectTimeout none\nServerAliveInterval 0\n",
    "jump": "Host red01\n ProxyJump a@b:22,c\nHost red02\n ProxyJump none\nHost *\n ProxyJump last\n",
    "jump after command": "Host red01\n ProxyCommand nc %h %p\nHost red02\n ProxyCommand none\nHost *\n"
    " ProxyJump gate\n",
    "command after jump": "ProxyJump gate\nProxyCommand nc %h %p\n",
    "command after no jump": "ProxyJump none\nProxyCommand nc\nProxyJump gate\n",
    "alias": "Host red01\n HostKeyAlias red\n HostName 10.0.0.1\n",
    "agents": "Host red01\n IdentityAgent none\nHost red02\n IdentityAgent /run/agent\n",
    "match all": "Match all\n User a\nHost red01\n Port 7\nMatch all\n Port 8\n",
    "match host": "Match host red*\n Port 7\nMatch host !red01,*\n User a\nMatch !host blue\n"
    " HashKnownHosts yes\n",
    "match host after hostname": "Host red01\n HostName x.example\nMatch host x.*\n Port 7\nMatch host red*\n"
    " Port 8\n",
    "match originalhost": "Host red01\n HostName x\nMatch originalhost red01,blue\n Port 7\n",
    "match in capitals": "Match host RED01\n Port 7\nMatch originalhost Blue\n Port 8\n",
    "match user": "Host red01\n User a\nMatch user a\n Port 7\nMatch user b,c\n Port 8\n"
    "Match user A\n Port 9\n",
    "match user set later": "Match user a\n Port 7\nHost *\n User a\n",
    "match localuser": f"Match localuser {pwd.getpwuid(os.getuid()).pw_name}\n Port 7\nMatch localuser x\n"
    " User x\n",
    "match several": "Match host red* user a\n Port 7\nMatch originalhost red01 !user a\n Port 8\n",
    "match with equals": "Match host=red01 user=*\n Port 7\n",
    "match with quotes": 'Match host "red01,blue"\n Port 7\n',
    "match with a comment": "Match host red01 # no more\n Port 7\n",
    "match host and all": "Match host red01 all\n Port 7\n",
    "match final": "Host red01\n HostName blue\nMatch final host blue\n Port 7\nHost blue\n User deep\n",
    "match final all": "Match final all\n User z\nHost red01\n User y\n HostName Blue.Example\n",
    "match not final": "Match !final host red*\n Port 7\nMatch final\n Port 8\n",
    "match canonical": "Match canonical\n Port 7\nMatch !canonical all\n Port 8\n",
    "identity twice by a second way": "IdentityFile /k/1\nMatch final\n IdentityFile /k/1\n"
    " IdentityFile /k/2\n",
    "harmless ones": "ForwardX11 no\nControlMaster auto\nControlPath /tmp/%C\nCompression yes\n"
    "LogLevel ERROR\nSendEnv LANG LC_*\nPort 7\n",
    "unknown ones that are ignored": "IgnoreUnknown Use*,Foo\nUseKeychain yes\nFoo bar\nPort 7\n",
    "a form feed": "Host red01\n Port 7\f\n",
}


def ours(file: Path, name: str) -> dict[str, object]:
    """Ask our reader."""
    config = SshConfig.of([Source(file, file.parent, own=True)], sshconfig.me(HOME))
    said = config.lookup(name)
    return {
        "hostname": said.hostname or name.lower(),
        "user": said.user or pwd.getpwuid(os.getuid()).pw_name,
        "port": said.port or 22,
        "identityfile": [str(path) for path in said.identity_files],
        "certificatefile": [str(path) for path in said.certificate_files],
        "identitiesonly": said.identities_only,
        "hashknownhosts": said.hash_known_hosts,
        "identityagent": said.identity_agent,
        "hostkeyalias": said.host_key_alias,
        "proxyjump": ",".join(said.proxy_jump or ()),
        "proxycommand": any(directive == "ProxyCommand" for directive, _ in said.unsupported),
        "checking": said.strict_host_key_checking or "ask",
        "connecttimeout": said.connect_timeout,
        "serveraliveinterval": said.server_alive_interval,
        "userknownhostsfile": [str(path) for path in said.user_known_hosts],
        "globalknownhostsfile": [str(path) for path in said.global_known_hosts],
    }


def theirs(file: Path, name: str) -> dict[str, object]:
    """Ask `ssh -G`."""
    done = subprocess.run(
        [str(SSH), "-G", "-F", str(file), "--", name], capture_output=True, text=True, timeout=20, check=True
    )
    said: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        keyword, _, value = line.partition(" ")
        said.setdefault(keyword, []).append(value)
    checking = said["stricthostkeychecking"][0]
    return {
        "hostname": said["hostname"][0],
        "user": said["user"][0],
        "port": int(said["port"][0]),
        "identityfile": [path for path in said["identityfile"] if not path.startswith("~")],
        "certificatefile": said.get("certificatefile", []),
        "identitiesonly": said["identitiesonly"][0] == "yes",
        "hashknownhosts": said["hashknownhosts"][0] == "yes",
        "identityagent": said.get("identityagent", [None])[0],
        "hostkeyalias": said.get("hostkeyalias", [None])[0],
        "proxyjump": said.get("proxyjump", [""])[0],
        "proxycommand": "proxycommand" in said,
        "checking": {"true": "yes", "false": "no"}.get(checking, checking),
        "connecttimeout": seconds(said["connecttimeout"][0]),
        "serveraliveinterval": seconds(said["serveraliveinterval"][0]),
        "userknownhostsfile": files(said["userknownhostsfile"]),
        "globalknownhostsfile": files(said["globalknownhostsfile"]),
    }


def seconds(word: str) -> float | None:
    return None if word in ("none", "0") else float(word)


def files(lines: list[str]) -> list[str]:
    return [path for path in lines[0].split() if path != "none"]


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_ssh_config_means_what_it_means_to_openssh(config: str, tmp_path: Path) -> None:
    """People have one ssh_config; that it means two things would send commands to the wrong host."""
    file = tmp_path / "config"
    file.write_bytes(config.encode())

    assert [(name, theirs(file, name)) for name in HOSTS] == [(name, ours(file, name)) for name in HOSTS]


NAMES = st.sampled_from(
    ["red01", "red02", "blue", "x.example", "red*", "*", "?ed01", "!red01", "!blue", "b*e"]
)

HEADS = st.one_of(
    st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "Host " + " ".join(names)),
    st.tuples(
        st.sampled_from(["host", "!host", "originalhost", "user", "!user"]),
        st.lists(NAMES, min_size=1, max_size=2),
        st.sampled_from(["", " user a", " !originalhost blue", " final"]),
    ).map(lambda parts: f"Match {parts[0]} {','.join(parts[1])}{parts[2]}"),
)

LINES = st.sampled_from(
    [
        *("Port 1", "Port 2", "User a", "User blue", "HostName x.example", "HostName %h.lan", "# x", ""),
        *("IdentityFile /k/1", "IdentityFile /k/2", "IdentitiesOnly yes", "HostKeyAlias k"),
        *("ProxyJump gate", "ProxyJump none", "ProxyCommand nc %h %p"),
    ]
)

BLOCKS = st.lists(st.tuples(HEADS, st.lists(LINES, max_size=4)), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(LINES, max_size=2), blocks=BLOCKS, name=st.sampled_from(["red01", "blue", "x.example"]))
def test_any_blocks_mean_what_they_mean_to_openssh(
    first: list[str], blocks: list[tuple[str, list[str]]], name: str, tmp_path: Path
) -> None:
    """The order of blocks, and which of them hold, is where readers go wrong."""
    lines = [*first, *(line for head, own in blocks for line in (head, *own))]
    file = tmp_path / "config"
    file.write_text("\n".join(lines))

    assert theirs(file, name) == ours(file, name)


@pytest.mark.parametrize(
    "config",
    [
        "Port\n",
        "Port abc\n",
        "Port 0\n",
        "Port 65536\n",
        "Port 1 2\n",
        'User "a\n',
        "IdentitiesOnly maybe\n",
        "StrictHostKeyChecking sometimes\n",
        "ConnectTimeout soon\n",
        "Host\n",
        "Host red01\n Port x\n",
        "Host other\n Port x\n",
        "Match\n",
        "Match host\n",
        "Match colour red\n",
        "Match all host red01\n Port 7\n",
        "HostName %x\n",
        "Include\n",
        "UserKnownHostsFile none /x\n",
    ],
)
def test_what_openssh_refuses_is_refused_here(config: str, tmp_path: Path) -> None:
    """A line that cannot be meant stops OpenSSH, so nobody relies on it; we say where it stands."""
    file = tmp_path / "config"
    file.write_text(config)
    done = subprocess.run([str(SSH), "-G", "-F", str(file), "red01"], capture_output=True, timeout=20)
    line = len(config.splitlines()) if "all" not in config else 1

    with pytest.raises(FileError, match=re.escape(f"{file}:{line}: ")):
        ours(file, "red01")
    assert 0 != done.returncode


def test_settings_of_an_empty_config_say_nothing(tmp_path: Path) -> None:
    """Nothing said is None, so that our own files and the defaults of SSH have their turn."""
    said = SshConfig.of([], sshconfig.me(tmp_path)).lookup("red01")
    folder = tmp_path / ".ssh"

    assert said == HostSettings(
        user_known_hosts=(folder / "known_hosts", folder / "known_hosts2"),
        global_known_hosts=(Path("/etc/ssh/ssh_known_hosts"), Path("/etc/ssh/ssh_known_hosts2")),
    )
