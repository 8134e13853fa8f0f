"""Take one request from the standard input, and write one reply."""

import sys

from nowfab.agent.exchange import exchange, unanswered
from nowfab.agent.frames import Counted, read_header, write_reply
from nowfab.agent.leash import lay_leash
from nowfab.agent.request import Job, checked, run_of
from nowfab.agent.words import Trouble, reason_of

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Callable
    from typing import IO


def reply_to(source: "IO[bytes]", then: "Callable[[], None]") -> "tuple[str, dict, list[bytes]]":
    """Give RUN, header and blobs of the reply to what comes; `then` is called when all of it has come."""
    header = {}  # type: dict
    try:
        header = read_header(source)
        job = checked(header)
        behind = Counted(source, sum(blob["size"] for blob in job.blobs), then)
        reply, blobs = verb_of(job)(job, behind)
        return job.run, reply, blobs
    except Trouble as trouble:
        return run_of(header), refusal(header, trouble.state, trouble.reason), []
    except Exception as error:
        return run_of(header), refusal(header, "failed", reason_of(error, {"do": "request"})), []


def verb_of(job: Job) -> "Callable[[Job, Counted], tuple[dict, list[bytes]]]":
    """Give the function that does what a request asks for."""
    if job.verb == "exchange":
        return exchange
    if job.verb not in ("arm", "confirm", "undo", "status"):
        raise Trouble("this agent does not know `%s`; nothing was changed" % job.verb)
    from nowfab.agent.verbs import GUARDED_VERBS  # only who guards something pays for reading it

    return GUARDED_VERBS[job.verb]


def refusal(header: dict, state: str, reason: str) -> dict:
    """Give a reply that says only why there is no other, to each question too."""
    questions = header.get("questions")
    answers = unanswered(questions if isinstance(questions, list) else [], reason)
    nothing = {"made": [], "failed": None, "changed": 0, "answers": answers, "log": []}
    return dict(nothing, state=state, reason=reason)


def main() -> None:
    """Be the agent: for whoever speaks on the standard input, or from the disk for PID 1."""
    if sys.argv[1:]:
        from nowfab.agent.verbs import from_disk

        from_disk(sys.argv[1:])
        return
    leashed = globals().get("LEASH")  # whoever starts us says so: the input stays open as long as we may run
    run, reply, blobs = reply_to(sys.stdin.buffer, lay_leash if leashed else lambda: None)
    write_reply(sys.stdout.buffer, run, reply, blobs)


if __name__ == "__main__":
    main()
