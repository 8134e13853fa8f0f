"""Know every keyword of ssh_config: which ones count here, and which matter but are not supported.

The list is that of ssh_config(5) of OpenSSH 10, with the older names that it still reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nowfab.errors import FileError
from nowfab.machines.ssh.sshconfig_lines import Directive, shown

_SHORT_OF = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TIME = re.compile(r"(?:\d+[smhdwSMHDW]?)+")
_TIME_PART = re.compile(r"(\d+)([smhdwSMHDW]?)")
_TOKEN = re.compile(r"%(.?)")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALIASES = {
    "identityfile2": "identityfile",
    "smartcarddevice": "pkcs11provider",
    "dsaauthentication": "pubkeyauthentication",
    "rsaauthentication": "pubkeyauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
}

PATH_TOKENS = "%CdhikjLlnpru"
"""What a `%` may stand for in names of files."""

HARMLESS = {
    "proxycommand": "none",
    "gssapiauthentication": "no false",
    "pkcs11provider": "none",
    "securitykeyprovider": "internal",
    "knownhostscommand": "none",
    "remotecommand": "none",
    "revokedhostkeys": "none",
    "hostbasedauthentication": "no false",
    "canonicalizehostname": "no false none",
    "addressfamily": "any",
    "bindaddress": "",
    "bindinterface": "",
    "verifyhostkeydns": "no false",
    "nohostauthenticationforlocalhost": "no false",
    "forwardagent": "no false",
    "permitlocalcommand": "no false",
    "pubkeyauthentication": "yes true unbound host-bound",
    "setenv": "",
    "requiredrsasize": "",
    "ciphers": "",
    "macs": "",
    "kexalgorithms": "",
    "hostkeyalgorithms": "",
    "pubkeyacceptedalgorithms": "",
}
"""Keywords that would matter and are not supported, with the values that ask for nothing."""

DISTRIBUTED = _set(
    """
    gssapiauthentication ciphers macs kexalgorithms hostkeyalgorithms pubkeyacceptedalgorithms
    requiredrsasize
    """
)
"""What Debian and Fedora write into /etc/ssh for everybody: nobody's wish, so only a user's own counts."""

QUIET = _set(
    """
    addkeystoagent afstokenpassing batchmode canonicaldomains canonicalizefallbacklocal
    canonicalizemaxdots canonicalizepermittedcnames casignaturealgorithms
    challengeresponseauthentication channeltimeout checkhostip cipher clearallforwardings compression
    compressionlevel connectionattempts controlmaster controlpath controlpersist dynamicforward
    enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fallbacktorsh
    fingerprinthash forkafterauthentication forwardx11 forwardx11timeout forwardx11trusted gatewayports
    globalknownhostsfile2 gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms
    gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns
    hostbasedacceptedalgorithms hostbasedacceptedkeytypes hostbasedkeytypes ipqos
    kbdinteractiveauthentication kbdinteractivedevices keepalive kerberosauthentication
    kerberostgtpassing localcommand localforward loglevel logverbose numberofpasswordprompts
    obscurekeystroketiming passwordauthentication permitremoteopen preferredauthentications protocol
    proxyusefdpass refuseconnection rekeylimit remoteforward requesttty rhostsauthentication
    rhostsrsaauthentication sendenv serveralivecountmax sessiontype skeyauthentication stdinnull
    streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive tisauthentication tunnel
    tunneldevice updatehostkeys usekeychain useprivilegedport userknownhostsfile2 useroaming usersh
    versionaddendum visualhostkey warnweakcrypto xauthlocation
    """
)
"""Keywords that change nothing for a command whose output comes home."""


def check(directive: Directive) -> None:
    """See that a directive that counts here has a value that it can have; FileError otherwise."""
    rule = RULES.get(directive.keyword)
    if rule is not None:
        rule(directive)


def flag(word: str) -> bool | None:
    """Read yes or no; None when it is neither."""
    return {"yes": True, "true": True, "no": False, "false": False}.get(word.lower())


def seconds(word: str) -> float | None:
    """Read a time (`90`, `1m30s`) as seconds; None for `none` and for no time at all."""
    if not _TIME.fullmatch(word):
        return None
    return float(sum(int(n) * _SHORT_OF[unit.lower() or "s"] for n, unit in _TIME_PART.findall(word)))


def port(word: str) -> int | None:
    """Read the number of a port; None when it is none."""
    return int(word) if word.isdecimal() and len(word) < 6 and 0 < int(word) < 65536 else None


def _one(directive: Directive) -> str:
    if len(directive.words) != 1 or not directive.words[0]:
        said = " ".join(directive.words)
        raise FileError(directive.place, f"{directive.typed} takes one value, not `{shown(said)}`")
    return directive.words[0]


def _text(directive: Directive) -> None:
    _one(directive)


def _must(holds: bool, directive: Directive, wanted: str) -> None:
    if not holds:
        said = shown(" ".join(directive.words))
        raise FileError(directive.place, f"{directive.typed} `{said}`: it must be {wanted}")


def _flag(directive: Directive) -> None:
    _must(flag(_one(directive)) is not None, directive, "yes or no")


def _port(directive: Directive) -> None:
    _must(port(_one(directive)) is not None, directive, "a number from 1 to 65535")


def _time(directive: Directive) -> None:
    word = _one(directive)
    _must(word == "none" or seconds(word) is not None, directive, "a time such as `90` or `1m30s`")


def _strict(directive: Directive) -> None:
    known = _one(directive).lower() in ("yes", "true", "no", "false", "off", "ask", "accept-new")
    _must(known, directive, "yes, no, ask or accept-new")


def _tokens(allowed: str) -> Callable[[Directive], None]:
    def check_tokens(directive: Directive) -> None:
        _one(directive)
        _known_tokens(directive, allowed)

    return check_tokens


def _files(directive: Directive) -> None:
    several = len(directive.words) > 1 and any(word.lower() == "none" for word in directive.words)
    _must(all(directive.words) and not several, directive, "names of files, or `none` alone")
    if directive.keyword == "userknownhostsfile":
        _known_tokens(directive, PATH_TOKENS)


def _known_tokens(directive: Directive, allowed: str) -> None:
    for word in directive.words:
        for token in _TOKEN.findall(word):
            _must(token != "" and token in allowed, directive, f"without `%{token}`, or with `%%{token}`")


RULES: dict[str, Callable[[Directive], None]] = {
    "hostname": _tokens("%h"),
    "user": _text,
    "port": _port,
    "identityfile": _tokens(PATH_TOKENS),
    "certificatefile": _tokens(PATH_TOKENS),
    "identityagent": _tokens(PATH_TOKENS),
    "identitiesonly": _flag,
    "hostkeyalias": _text,
    "userknownhostsfile": _files,
    "globalknownhostsfile": _files,
    "stricthostkeychecking": _strict,
    "connecttimeout": _time,
    "serveraliveinterval": _time,
    "hashknownhosts": _flag,
    "proxyjump": _tokens("%hnpr"),
    "ignoreunknown": _text,
}
"""What counts here, each with what its value must be."""
