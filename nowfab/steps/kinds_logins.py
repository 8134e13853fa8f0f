"""Know the steps that are about who gets in, and who becomes root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nowfab.blobs import MemoryBlob
from nowfab.plan.steps import Step
from nowfab.steps import fields
from nowfab.steps.authorized_keys import authorized_keys
from nowfab.steps.group import group
from nowfab.steps.kind import ALWAYS, Field, Kind, must
from nowfab.steps.sshd import sshd
from nowfab.steps.sudo import sudo
from nowfab.steps.user import user


def _user(name: str, password_hash: str | None = None, **rest: Any) -> Step:
    said = None if password_hash is None else MemoryBlob(password_hash.encode())
    return user(name, password_hash=said, **rest)


LOGINS: Mapping[str, Kind] = {
    "group": Kind(
        "There is a group.",
        {
            "name": must(fields.owner, "its name"),
            "system": Field(fields.boolean, "it gets one of the low numbers", "false"),
        },
        group,
        "{name: lab, system: true}",
        "`groupadd`, root",
    ),
    "user": Kind(
        "There is a user, with a home of its own. One that is there is given groups and a shell that it"
        " lacks; another number or home is refused.",
        {
            "name": must(fields.owner, "its name"),
            "groups": Field(fields.owners, "a list of groups that it is in, besides those it is in already"),
            "shell": Field(fields.path, "its shell, for a new user `/bin/bash`"),
            "home": Field(fields.path, "its home, for a new user `/home/NAME` or where useradd puts it"),
            "uid": Field(fields.number, "its number, for a new user the next one"),
            "password-hash": Field(
                fields.password_hash,
                "as `openssl passwd -6` makes it, set when the user is made, and shown nowhere",
            ),
        },
        _user,
        "{name: anna, groups: [lab, sudo], shell: /bin/sh, uid: 1042}",
        "`useradd`, root; the groups, and the shell",
        "never, for `usermod` has no undo: a wrong shell for your own login locks you out",
        keeps="password-hash",
    ),
    "sudo": Kind(
        "A user may become root by sudo.",
        {
            "user": must(fields.owner, "who"),
            "password": Field(fields.boolean, "whether sudo asks for one", "true"),
        },
        sudo,
        "{user: anna, password: false}",
        "sudo with `visudo`, root",
        ALWAYS,
    ),
    "authorized-keys": Kind(
        "Public keys let a user in. Each is there once; lines that have it already keep their options,"
        " and all others stay.",
        {
            "user": must(fields.owner, "who is let in"),
            "keys": must(fields.keys, "one, or a list"),
            "home": Field(fields.path, "its home, where that is not `/home/USER` (root's is `/root`)"),
        },
        authorized_keys,
        '{user: anna, keys: "ssh-ed25519'
        ' AAAAC3NzaC1lZDI1NTE5AAAAIJ8hBu8mcRuXPDSWGTIRB0XyuRqvA3hTBVQ1l6Ep8Pf2 anna@laptop"}',
        "the user, root",
        ALWAYS,
    ),
    "sshd": Kind(
        "sshd does as it is told, and is started anew where that is news to it. What others tell it before,"
        " and otherwise, is refused with its file.",
        {"settings": must(fields.sshd_settings, "what it is told, such as `{PasswordAuthentication: no}`")},
        sshd,
        '{settings: {X11Forwarding: "no"}}',
        "OpenSSH's server, systemd, root",
        ALWAYS,
    ),
}
"""By their names."""
