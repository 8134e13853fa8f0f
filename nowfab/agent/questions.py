"""Answer the questions of a request."""

from nowfab.agent.request import Job
from nowfab.agent.standing import stands_at
from nowfab.agent.words import Trouble

TCP_SECONDS = 3.0

SENT_LIMIT = 64
"""Contents of the largest size that one reply holds at most; further ones are told by their sha256."""


class Answers:
    """The answers to all questions, in order, and the blobs that go with them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = SENT_LIMIT * limit
        self.answers = []  # type: list[dict]
        self.blobs = []  # type: list[bytes]

    def keep(self, blob: bytes) -> int:
        """Have a blob travel with the reply; give its number."""
        self.left -= len(blob)
        self.blobs.append(blob)
        return len(self.blobs) - 1


def answer_all(job: Job) -> Answers:
    """Answer everything; what cannot be answered says why."""
    answers = Answers(job.limit)
    # systemd and dpkg are asked once for all that is to be known of them
    many = {"unit": Batch(job, "unit"), "package": Batch(job, "package")}
    for question in job.questions:
        try:
            if question["ask"] in many:
                said = many[question["ask"]].answer(question["name"])
            else:
                said = answer_one(question, answers)
        except Trouble as trouble:
            said = {"cannot": trouble.reason}
        answers.answers.append(said)
    return answers


class Batch:
    """Questions of one kind that are asked in one go; a reason why they cannot be is for each of them."""

    def __init__(self, job: Job, kind: str) -> None:
        self.names = sorted({each["name"] for each in job.questions if each["ask"] == kind})
        self.kind = kind
        self.known = None  # type: dict | None

    def answer(self, name: str) -> dict:
        """Give one of the answers."""
        if self.known is None:
            from nowfab.agent.packages import packages_at
            from nowfab.agent.units import units_at

            self.known = (units_at if self.kind == "unit" else packages_at)(self.names)
        return self.known[name]


def answer_one(question: dict, answers: Answers) -> dict:
    """Answer a question that is asked by itself."""
    kind = question["ask"]
    if kind == "path":
        limit = min(answers.limit, answers.left) if question.get("content", True) else -1
        standing, content = stands_at(question["path"], limit)
        return standing if content is None else dict(standing, blob=answers.keep(content))
    if kind == "sysctl":
        from nowfab.agent.kernel import sysctl_at

        return sysctl_at(question["key"])
    if kind == "tcp":
        return {"reached": reached(question["host"], question["port"])}
    return said_by(question["argv"], answers)


def said_by(argv: "list[str]", answers: Answers) -> dict:
    """Run a program that only tells, and give what it said."""
    from nowfab.agent.programs import LOOK_SECONDS, run_program

    ended = run_program(argv, LOOK_SECONDS, keep=answers.limit)
    if ended.slow:
        raise Trouble("`%s` did not end within %d s" % (" ".join(argv), LOOK_SECONDS))
    if ended.loud:
        raise Trouble("`%s` said more than %d bytes" % (" ".join(argv), answers.limit))
    return {"code": ended.code, "stdout": answers.keep(ended.stdout), "stderr": answers.keep(ended.stderr)}


def reached(host: str, port: int) -> bool:
    """Say whether somebody takes a connection."""
    import socket

    try:
        socket.create_connection((host, port), TCP_SECONDS).close()
    except (OSError, OverflowError, UnicodeError):
        return False
    return True
