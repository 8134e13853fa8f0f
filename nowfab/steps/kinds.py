"""Know the steps of a plan's file: their fields, and which step they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nowfab.blobs import Blob, MemoryBlob
from nowfab.plan.steps import Step
from nowfab.steps import fields
from nowfab.steps.archive import archive
from nowfab.steps.authorized_keys import authorized_keys
from nowfab.steps.block import block
from nowfab.steps.cmdline import cmdline
from nowfab.steps.config_txt import config_txt
from nowfab.steps.download import download
from nowfab.steps.file import file
from nowfab.steps.folder import folder
from nowfab.steps.group import group
from nowfab.steps.hostname import hostname
from nowfab.steps.keyboard import keyboard
from nowfab.steps.line import line
from nowfab.steps.link import link
from nowfab.steps.locale import locale
from nowfab.steps.package import package
from nowfab.steps.remove import remove
from nowfab.steps.rights import Rights
from nowfab.steps.run import run
from nowfab.steps.service import service
from nowfab.steps.sshd import sshd
from nowfab.steps.sudo import sudo
from nowfab.steps.swap import swap
from nowfab.steps.sysctl import sysctl
from nowfab.steps.timer import timer
from nowfab.steps.timezone import timezone
from nowfab.steps.upgrade import upgrade
from nowfab.steps.user import user

Read = Callable[[Any], Any]
"""Makes the value of a field of what stands in the file; FileError."""

RIGHTS: Mapping[str, Read] = {"mode": fields.mode, "owner": fields.owner, "group": fields.owner}
PROOFS: Mapping[str, Read] = {"check": fields.argv, "verify": fields.argv}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step: its fields, those that must be there, and what makes a step or several of them.

    `make` may raise UsageError for fields that do not go together. Of `either` exactly one must be there;
    what stands in `besides` needs another field; only `keeps` is shown nowhere when it holds a secret.
    """

    fields: Mapping[str, Read]
    needed: tuple[str, ...]
    make: Callable[..., Step | tuple[Step, ...]]
    either: tuple[str, ...] = ()
    keeps: str = ""
    besides: Mapping[str, str] = field(default_factory=dict)


def _file(content: str | None = None, source: Blob | None = None, **rest: Any) -> Step:
    blob = source if content is None else MemoryBlob(content.encode())
    path, rights = rest.pop("path"), _rights(rest)
    return file(path, blob or MemoryBlob(), rights, **rest)


def _block(path: str, name: str, content: str, **rest: Any) -> Step:
    return block(path, name, content, _rights(rest), **rest)


def _line(path: str, text: str, instead_of: str | None = None, **rest: Any) -> Step:
    return line(path, text, instead_of, _rights(rest), **rest)


def _folder(path: str, **rest: Any) -> Step:
    return folder(path, _rights(rest))


def _download(url: str, sha256: str, path: str, **rest: Any) -> Step:
    return download(url, sha256, path, _rights(rest))


def _package(name: tuple[str, ...], installed: bool = True) -> Step:
    return package(name, installed)


def _run(argv: tuple[str, ...], always: bool = False, stdin: str | None = None, **rest: Any) -> Step:
    return run(argv, stdin=None if stdin is None else MemoryBlob(stdin.encode()), **rest)


def _user(name: str, password_hash: str | None = None, **rest: Any) -> Step:
    return user(
        name, password_hash=None if password_hash is None else MemoryBlob(password_hash.encode()), **rest
    )


def _rights(rest: dict[str, Any]) -> Rights:
    return Rights(rest.pop("mode", None), rest.pop("owner", None), rest.pop("group", None))


KINDS: Mapping[str, Kind] = {
    "file": Kind(
        {
            "path": fields.path,
            "content": fields.text,
            "source": fields.text,
            "secret": fields.boolean,
            **RIGHTS,
            **PROOFS,
        },
        ("path",),
        _file,
        ("content", "source"),
        "content",
    ),
    "block": Kind(
        {
            "path": fields.path,
            "name": fields.text,
            "content": fields.text,
            "comment": fields.text,
            **RIGHTS,
            **PROOFS,
        },
        ("path", "name", "content"),
        _block,
    ),
    "line": Kind(
        {"path": fields.path, "text": fields.text, "instead-of": fields.regex, **RIGHTS, **PROOFS},
        ("path", "text"),
        _line,
    ),
    "folder": Kind({"path": fields.path, **RIGHTS}, ("path",), _folder),
    "link": Kind({"path": fields.path, "to": fields.text}, ("path", "to"), link),
    "remove": Kind({"path": fields.path}, ("path",), remove),
    "package": Kind({"name": fields.packages, "installed": fields.boolean}, ("name",), _package),
    "upgrade": Kind({"max-age": fields.minutes}, (), upgrade),
    "service": Kind(
        {
            "name": fields.unit,
            "enabled": fields.boolean,
            "running": fields.boolean,
            "after-change-of": fields.paths,
        },
        ("name",),
        service,
    ),
    "download": Kind(
        {"url": fields.url, "sha256": fields.sha256, "path": fields.path, **RIGHTS},
        ("url", "sha256", "path"),
        _download,
    ),
    "archive": Kind(
        {
            "url": fields.url,
            "source": fields.text,
            "sha256": fields.sha256,
            "to": fields.path,
            "strip": fields.number,
        },
        ("to",),
        archive,
        ("url", "source"),
        besides={"url": "sha256"},
    ),
    "config-txt": Kind(
        {
            "line": fields.text,
            "key": fields.text,
            "value": fields.text,
            "section": fields.text,
            "present": fields.boolean,
        },
        (),
        config_txt,
        ("line", "key"),
    ),
    "cmdline": Kind({"set": fields.pairs, "add": fields.texts, "remove": fields.texts}, (), cmdline),
    "hostname": Kind({"name": fields.hostname}, ("name",), hostname),
    "timezone": Kind({"name": fields.zone}, ("name",), timezone),
    "locale": Kind({"name": fields.locale}, ("name",), locale),
    "keyboard": Kind(
        {"layout": fields.layout, "variant": fields.layout, "model": fields.layout}, ("layout",), keyboard
    ),
    "group": Kind({"name": fields.owner, "system": fields.boolean}, ("name",), group),
    "user": Kind(
        {
            "name": fields.owner,
            "groups": fields.owners,
            "shell": fields.path,
            "home": fields.path,
            "uid": fields.number,
            "password-hash": fields.text,
        },
        ("name",),
        _user,
        keeps="password-hash",
    ),
    "sudo": Kind({"user": fields.owner, "password": fields.boolean}, ("user",), sudo),
    "authorized-keys": Kind(
        {"user": fields.owner, "keys": fields.keys, "home": fields.path}, ("user", "keys"), authorized_keys
    ),
    "sshd": Kind({"settings": fields.sshd_settings}, ("settings",), sshd),
    "sysctl": Kind({"key": fields.sysctl, "value": fields.text}, ("key", "value"), sysctl),
    "swap": Kind({"size": fields.number, "zram": fields.boolean}, ("size",), swap),
    "timer": Kind(
        {
            "name": fields.plain,
            "run": fields.argv,
            "on-calendar": fields.one_line,
            "every": fields.one_line,
            "user": fields.owner,
            "present": fields.boolean,
        },
        ("name",),
        timer,
    ),
    "run": Kind(
        {
            "argv": fields.argv,
            "creates": fields.path,
            "unless": fields.argv,
            "always": fields.boolean,
            "undo": fields.argv,
            "stdin": fields.text,
        },
        ("argv",),
        _run,
        ("creates", "unless", "always"),
        "stdin",
    ),
}
"""By the key that begins a step."""
