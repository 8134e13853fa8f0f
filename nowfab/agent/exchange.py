"""Apply the changes of a request at most once, then answer its questions."""

from nowfab.agent.frames import Counted
from nowfab.agent.questions import answer_all
from nowfab.agent.request import Job
from nowfab.agent.roots import root_forgets
from nowfab.agent.words import Trouble

FORGETS = "the root of this node is an overlay in memory: what is changed is gone after its next start"


def exchange(job: Job, source: Counted) -> "tuple[dict, list[bytes]]":
    """Give the header of the reply, and its blobs."""
    result = {"state": "nothing", "reason": "", "made": [], "failed": None}  # type: dict
    if job.changes:
        from nowfab.agent.making import carry_out  # only who changes something pays for reading it

        try:
            result = carry_out(job, source)
        except Trouble as trouble:
            result = dict(result, state=trouble.state, reason=trouble.reason)
    if result["state"] == "running":
        return dict(result, changed=0, answers=unanswered(job.questions, result["reason"]), log=[]), []
    return with_answers(result, job)


def with_answers(result: dict, job: Job) -> "tuple[dict, list[bytes]]":
    """Give header and blobs of a reply: what became of the changes, and the answers."""
    answers = answer_all(job)
    return dict(with_log(result), answers=answers.answers), answers.blobs


def with_log(result: dict) -> dict:
    """Add how many changes were made, and what a person should know."""
    changed = sum(each["did"] == "changed" for each in result["made"])
    return dict(result, changed=changed, log=[FORGETS] if root_forgets() else [])


def unanswered(questions: list, reason: object) -> "list[dict]":
    """Give each question the reason why nobody answers it."""
    return [{"cannot": reason} for _ in questions]
