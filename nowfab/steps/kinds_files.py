"""Know the steps that are about files and folders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nowfab.blobs import Blob, MemoryBlob
from nowfab.plan.steps import Step
from nowfab.steps import fields
from nowfab.steps.archive import archive
from nowfab.steps.block import block
from nowfab.steps.download import download
from nowfab.steps.file import file
from nowfab.steps.folder import folder
from nowfab.steps.kind import PROOFS, RIGHTS, WHERE, Field, Kind, must, rights
from nowfab.steps.line import line
from nowfab.steps.link import link
from nowfab.steps.remove import remove

_REFUSED = "never, for it is refused where it could cut you off"


def _file(path: str, content: str | None = None, source: Blob | None = None, **rest: Any) -> Step:
    blob = source if content is None else MemoryBlob(content.encode())
    return file(path, blob or MemoryBlob(), rights(rest), **rest)


def _block(path: str, name: str, content: str, **rest: Any) -> Step:
    return block(path, name, content, rights(rest), **rest)


def _line(path: str, text: str, instead_of: str | None = None, **rest: Any) -> Step:
    return line(path, text, instead_of, rights(rest), **rest)


def _folder(path: str, **rest: Any) -> Step:
    return folder(path, rights(rest))


def _download(url: str, sha256: str, path: str, **rest: Any) -> Step:
    return download(url, sha256, path, rights(rest))


FILES: Mapping[str, Kind] = {
    "file": Kind(
        "A file says exactly this.",
        {
            "path": must(fields.path, "the file"),
            "content": Field(fields.text, "what it says"),
            "source": Field(fields.text, "or a file beside the plan that says it"),
            "template": Field(fields.text, "or one in which variables are filled in first"),
            "secret": Field(fields.boolean, "its content is shown nowhere", "false"),
            **RIGHTS,
            **PROOFS,
        },
        _file,
        '{path: /etc/lab.conf, content: "colour = red\\n", mode: "0640", owner: pi, group: users}',
        guard=WHERE,
        either=("content", "source", "template"),
        keeps="content",
    ),
    "block": Kind(
        "Lines stand between two marks, in a file that is otherwise somebody else's.",
        {
            "path": must(fields.path, "the file, which is made where there is none"),
            "name": must(fields.text, "what the marks call the block, for a file may have several"),
            "content": must(fields.text, 'the lines, with `""` the block is taken out'),
            "comment": Field(fields.text, "what begins the marks", "#"),
            **RIGHTS,
            **PROOFS,
        },
        _block,
        '{path: /etc/lab.conf, name: lab, content: "two\\nthree\\n"}',
        guard=WHERE,
    ),
    "line": Kind(
        "A line stands in a file.",
        {
            "path": must(fields.path, "the file, which is made where there is none"),
            "text": must(fields.text, "the line, put at the end where it is not there"),
            "instead-of": Field(fields.regex, "the one line in which it is found becomes this one"),
            **RIGHTS,
            **PROOFS,
        },
        _line,
        '{path: /etc/lab.conf, text: colour = red, instead-of: "^colour"}',
        guard=WHERE,
    ),
    "folder": Kind(
        "There is a folder; what is in it stays as it is.",
        {"path": must(fields.path, "the folder, those above it must be there"), **RIGHTS},
        _folder,
        '{path: /srv/lab, mode: "0750", group: users}',
        guard=WHERE,
    ),
    "link": Kind(
        "There is a symbolic link; what is no link is not replaced by one.",
        {"path": must(fields.path, "the link"), "to": must(fields.text, "where it points")},
        link,
        "{path: /srv/lab, to: /etc/hostname}",
        guard=WHERE,
    ),
    "remove": Kind(
        "Nothing stands at a path.",
        {"path": must(fields.path, "a file, a link, or an empty folder")},
        remove,
        "{path: /srv/lab}",
        guard=WHERE,
    ),
    "download": Kind(
        "A file of the network is there: the node fetches it, and puts it in place only with this sha256.",
        {
            "url": must(fields.url, "where it comes from (`file:` is a file on the node)"),
            "sha256": must(fields.sha256, "that of the file"),
            "path": must(fields.path, "where it is put"),
            **RIGHTS,
        },
        _download,
        '{url: "file:///srv/lab.tar", path: /srv/lab, mode: "0640",'
        " sha256: 3cc4a4a118590342d63d51c6219db19ad85c75f1afd2b65631999937a10a134e}",
        guard=_REFUSED,
    ),
    "archive": Kind(
        "What is in an archive (a zip, or a tar: gz, bz2, xz, zst) stands in a folder of its own. A new"
        " version takes the place of the old one; what you put there besides stays.",
        {
            "to": must(fields.path, "the folder, which is made where there is none"),
            "url": Field(fields.url, "where the node fetches it (`file:` is a file on the node)"),
            "sha256": Field(fields.sha256, "that of the archive, needed with `url`"),
            "source": Field(fields.text, "or an archive beside the plan"),
            "strip": Field(fields.number, "how many first folders of its names are left out", "0"),
        },
        archive,
        '{url: "file:///srv/lab.tar", to: /srv/lab, strip: 1,'
        " sha256: 3cc4a4a118590342d63d51c6219db19ad85c75f1afd2b65631999937a10a134e}",
        needs="the program `zstd` for a tar that zstd packed",
        guard=_REFUSED,
        either=("url", "source"),
        besides={"url": "sha256"},
    ),
}
"""By their names."""
