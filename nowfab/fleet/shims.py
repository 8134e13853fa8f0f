"""Write the programs that stand first in a practice node's PATH.

A practice node's commands run on the computer of whoever practises. The refusing ones keep an
honest mistake from reaching that computer; they are no wall against somebody who means it.
"""

from __future__ import annotations

from pathlib import Path

NAME = "NOWFAB_PRACTICE_NODE"
"""The variable in a command's environment that holds the node's name."""

REFUSED = (
    "sudo",
    "su",
    "doas",
    "pkexec",
    "reboot",
    "shutdown",
    "poweroff",
    "halt",
    "telinit",
)

_REFUSE = """#!/bin/sh
echo "${0##*/}: refused: this is a practice node, its commands run on your own computer" >&2
exit 1
"""

_HOSTNAME = f"""#!/bin/sh
case "$*" in
  "" | -s | -f | --short | --fqdn | --long) printf '%s\\n' "${NAME}" ;;
  -i | -I | --ip-address | --all-ip-addresses) echo 127.0.0.1 ;;
  *) echo "hostname: refused: this is a practice node, it keeps its name" >&2; exit 1 ;;
esac
"""

_UNAME = f"""#!/bin/sh
PATH=${{PATH#*:}}
case "$*" in
  -n | --nodename) printf '%s\\n' "${NAME}" ;;
  -a | --all) printf '%s %s %s %s %s\\n' \
"$(uname -s)" "${NAME}" "$(uname -r)" "$(uname -v)" "$(uname -m)" ;;
  *) exec uname "$@" ;;
esac
"""

_SYSTEMCTL = """#!/bin/sh
for word in "$@"; do
  case "$word" in
    reboot | poweroff | halt | kexec | soft-reboot | suspend* | hibernate | hybrid-sleep | sleep \\
    | rescue | emergency | default | isolate | exit | switch-root)
      echo "${0##*/}: refused: this is a practice node, its commands run on your own computer" >&2
      exit 1 ;;
  esac
done
PATH=${PATH#*:}
exec "${0##*/}" "$@"
"""

PROGRAMS = dict.fromkeys(REFUSED, _REFUSE) | {
    "hostname": _HOSTNAME,
    "uname": _UNAME,
    "systemctl": _SYSTEMCTL,
    "loginctl": _SYSTEMCTL,
}


def write(folder: Path) -> None:
    """Put every program into `folder`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in PROGRAMS.items():
        path = folder / name
        path.write_text(text)
        path.chmod(0o700)
