"""Have what is in an archive stand in a folder of its own."""

from __future__ import annotations

from nowfab.blobs import Blob
from nowfab.plan.changes import Change, RunArgv
from nowfab.plan.dangers import folder_endangers
from nowfab.plan.program import errand
from nowfab.plan.questions import Absent, File, Folder, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.download import PYTHON

MARK = ".nowfab-archive"
"""Says which archive stands in a folder, as nowfab/agent/errands/unpack.py writes it."""


def archive(to: str, url: str = "", sha256: str = "", source: Blob | None = None, strip: int = 0) -> Step:
    """Unpack a tar or a zip, which the node fetches from `url` or gets from here (`source`).

    The first `strip` folders of its names are left out. What an earlier archive brought to the folder
    goes, what somebody else put there stays.
    """
    wanted = sha256 or (source.sha256.hex() if source else "")

    def decide(view: View) -> tuple[Change, ...]:
        if source is not None and source.sha256.hex() != wanted:
            raise Refused(f"the file beside the plan has the sha256 {source.sha256.hex()}")
        if folder_endangers(to):
            raise Refused(f"what stands in {to} could cut us off, and an archive is not guarded")
        if not isinstance(view.at(to, content=False), Absent | Folder):
            raise Refused(f"{to} is there already, and is no folder")
        if _line(view) == f"{wanted} {strip}\n".encode():
            return ()
        argv = (*PYTHON, errand("unpack"), url, wanted, to, str(strip))
        what = url if source is None else f"an archive of {source.size:,} bytes"
        return (RunArgv(argv, stdin=source, alters=(to,), shown=f"unpack {what} to {to}", secret=False),)

    def _line(view: View) -> bytes:
        mark = view.at(f"{to}/{MARK}")
        return mark.content.head(256) if isinstance(mark, File) and mark.content is not None else b""

    return Step(f"archive in {to}", (PathAt(to, content=False), PathAt(f"{to}/{MARK}")), decide)
