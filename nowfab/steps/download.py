"""Have a file of the network, which the node fetches itself."""

from __future__ import annotations

from nowfab.plan.changes import Change, RunArgv
from nowfab.plan.dangers import path_endangers
from nowfab.plan.program import errand
from nowfab.plan.questions import File, Folder, Other, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.file import NEW
from nowfab.steps.rights import ANY, Rights

PYTHON = ("python3", "-IS", "-c")
"""Reads nothing of the login user's, as the agent does not."""


def download(url: str, sha256: str, path: str, rights: Rights = ANY) -> Step:
    """Have the node fetch the file where another stands, or none; it is put in place only with this sha256.

    It cannot be taken back, so it is refused where it could cut us off.
    """

    def decide(view: View) -> tuple[Change, ...]:
        if path_endangers(path):
            raise Refused(f"{path} could cut us off, and a download is not guarded; a step `file` is")
        was = view.at(path, content=False)
        if isinstance(was, Folder | Other):
            raise Refused(f"{path} is {was.what if isinstance(was, Other) else 'a folder'}, not a file")
        known = was if isinstance(was, File) else None
        there = known is not None and known.sha256 == bytes.fromhex(sha256)
        if known is not None and there and rights.hold(known):
            return ()
        mode, owner, group = rights.over(known, NEW)
        argv = (*PYTHON, errand("download"), url, sha256, path, f"{mode:04o}", owner, group)
        shown = f"set the rights of {path}" if there else f"download {url} to {path}"
        return (RunArgv(argv, alters=(path,), shown=shown),)

    return Step(f"download {path}", (PathAt(path, content=False),), decide)
