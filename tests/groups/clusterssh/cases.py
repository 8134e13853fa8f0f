"""Make clusters and tags files as people write them, and as they should not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GROUPS = ("red", "blue", "all", "default", "web-1", "g_2")
HOSTS = _words("""
    h1 red01 n-7.lan 10.0.0.5 ::1 fe80::1 h{1..3} h{01..03} h{08..11} h{1..03} h{9..011} h{a..c} h{aa..ad}
    h{A..C} h{a,b} h{0..2,4,a..c} h{1..2,02..03} h{a,b}{1,2} h{1..2}{a,b} pi@h1 h1:22 pi@h{1..2}:2222
    {pi,root}@h1 lh:{22001..22003} 10.0.0.{1..3} h{1..2}-{a,b}.lan h{5} h{,-old} h1=80x24+0+0 h1 h1
""")
"""What ClusterSSH expands as anybody would."""

ODD = _words("""
    red[01-05] host* h? [::1]:22 h{01..3} h{3..1} h{03..01} h{a..C} h{1..9..2} h{a,b}{1..2} h{1..2}{3..4}
    h{1..3}:22{0..1} h{} h{1..3 h{a, h{a,} a,b 'c' "d" h/22 h:ssh h: h:0 h:99999 @h u:p@h -h -oProxyCommand=x
    a;b $(x) `x` h!1 $h ~/x a\\\\b ü h{-1..2} h{1-3} red:22 = 0
""")
"""What it does not, or nobody else."""

JOINTS = (" ", "  ", "\t")
ODD_JOINTS = (" \\\n  ", "\\\n", " \\ # why\n ", " \\\n# note\n ", "\r\n", "\x0b")
ENDS = ("\n", "\n", "\n", "  \n", " # why\n", "\r\n", "\n\n", "\n# note\n")
ODD_ENDS = ("", " \\\n", "\\\n", "#\n")
BEGINS = ("", "", "", " ", "\t")
ODD_BEGINS = ("#", "\ufeff", "$ ")


@dataclass(frozen=True)
class Case:
    """The texts of one case."""

    clusters: str
    tags: str = ""


def generated(random: Random, count: int, circles: int) -> Iterator[Case]:
    """Make cases: half of them well written, `circles` of them with groups that may contain themselves."""
    for number in range(count):
        oddness = 0.0 if number % 2 else 0.08
        circle = number < circles
        clusters = _text(random, oddness, circle, tagged=False)
        yield Case(clusters, _text(random, oddness, False, tagged=True) if random.random() < 0.3 else "")


def _text(random: Random, oddness: float, circle: bool, tagged: bool) -> str:
    def some(usual: tuple[str, ...], odd: tuple[str, ...]) -> str:
        return random.choice(odd if random.random() < oddness else usual)

    lines = []
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(GROUPS))
        inner = GROUPS if circle else GROUPS[at + 1 :]
        if tagged:
            first, rest = some(("h9", "pi@h8", "h7:22"), ("h{1..2}", "$")), _tags(random, oddness)
        else:
            first, rest = some((GROUPS[at],), ("red:", "$")), _members(random, oddness, inner)
        text = some(BEGINS, ODD_BEGINS) + first
        for word in rest:
            text += some(JOINTS, ODD_JOINTS) + word
        lines.append(text + some(ENDS, ODD_ENDS))
    return "".join(lines)


def _tags(random: Random, oddness: float) -> list[str]:
    names = [*GROUPS, "new{1..2}"]
    return [
        random.choice(("red[1-2]", "a;b", "pi@red") if random.random() < oddness else names)
        for _ in range(random.randint(0, 3))
    ]


def _members(random: Random, oddness: float, inner: tuple[str, ...]) -> list[str]:
    found = []
    for _ in range(random.randint(0, 4)):
        if random.random() < oddness:
            found.append(random.choice(ODD))
        elif inner and random.random() < 0.25:
            found.append(random.choice(("", "", "pi@")) + random.choice(inner))
        else:
            found.append(random.choice(HOSTS))
    return found


WRITTEN = (
    Case("red a b\n"),
    Case("red\n"),
    Case("red a \\\n  b \\\n c\n"),
    Case("red a\\\nb\n"),
    Case("red a \\ # why\n b\n"),
    Case("red a \\\n# note\n b\nblue c\n"),
    Case("red a \\\n b # x"),
    Case("red a \\"),
    Case("\ufeffred a\n"),
    Case("red = a b\n"),
    Case("red: a\n"),
    Case("$ rpcluster rp1 rp2 rp3 rp4\n"),
    Case("z 0\nz q\n"),
    Case("z 0\n"),
    Case('red "a b"\n'),
    Case("red a,b\n"),
    Case("red a b\nred c\n"),
    Case("red red01\nred01 a b\n"),
    Case("red pi@blue\nblue ada@b1 b2\n"),
    Case("all red blue grey01\nred red01 red02\nblue blue01 red01\n"),
    Case("default red01\n"),
    Case("a b\nb a\n"),
    Case("self self z\n"),
    Case("rp1 rp1\n"),
    Case("red blue:22\nblue b\n"),
    Case("a h1\n", "h2 a b\nh1 a\n"),
    Case("", "h1 red\n"),
    Case("a x\n", "h{1..2} a\n"),
    Case("empty\nred empty a\n"),
    Case("h1 a b\nred h1=80x24+0+0 c\n"),
    *(Case(f"red {word}\n") for word in (*HOSTS, *ODD)),
)
"""Every quirk that is known, alone."""
