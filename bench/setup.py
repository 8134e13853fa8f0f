"""Install the peers: Python packages in environments of their own, Debian packages where we may.

What is installed already stays; what cannot be installed is named, and the bench does without it.
"""

from __future__ import annotations

import os
import subprocess
import sys

from bench import places

PACKAGES = {
    "fabric": ("fabric==3.2.3", "invoke==2.2.1", "paramiko==5.1.0"),
    "asyncssh": ("asyncssh==2.24.1",),
    "parallel-ssh": ("parallel-ssh==2.16.0.post1",),
    "clustershell": ("ClusterShell==1.10.1",),
    "ansible": ("ansible-core==2.19.14",),
    "pyinfra": ("pyinfra==3.10.0",),  # cannot share an environment with paramiko 5
}
DEBIAN = {"pdsh": "pdsh", "parallel-ssh": "pssh", "ssh": "openssh-client", "sshd": "openssh-server"}
"""The program that tells whether it is there, and the package that it comes in."""


def main() -> int:
    """Install what is missing; 1 when something could not be."""
    missing = [name for name, packages in PACKAGES.items() if not _python(name, packages)]
    missing += _debian()
    if missing:
        print("not installed:", ", ".join(missing), file=sys.stderr)
    return int(bool(missing))


def _python(name: str, packages: tuple[str, ...]) -> bool:
    """Make an environment that holds exactly these packages and what they need."""
    folder = places.environments() / name
    mark = folder / ".holds"
    wanted = "\n".join(packages)
    if mark.exists() and mark.read_text() == wanted:
        return True
    print(f"installing {' '.join(packages)} into {folder}", file=sys.stderr)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    steps = ([sys.executable, "-m", "venv", "--clear", str(folder)], [*pip, "install", *packages])
    if any(subprocess.run(step).returncode for step in steps):
        return False
    mark.write_text(wanted)
    return True


def _debian() -> list[str]:
    """Install the Debian packages whose programs are missing; give those that still are."""
    lacking = [package for program, package in DEBIAN.items() if not places.system(program)]
    if lacking and os.geteuid() == 0 and places.system("apt-get"):
        subprocess.run(["apt-get", "update", "-q"])
        subprocess.run(["apt-get", "install", "-y", "-q", *lacking])
    return [package for program, package in DEBIAN.items() if not places.system(program)]


if __name__ == "__main__":
    sys.exit(main())
