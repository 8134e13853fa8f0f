#!/bin/sh
# Print the newest Python 3.11+ on PATH that runs and can make a virtual environment.
# PYTHON names one outright. A name on PATH may be a version manager's shim that fails, so each is run.
set -u

runs() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

without_venv=
for name in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
    runs "$name" || continue
    if has_venv "$name"; then
        echo "$name"
        exit 0
    fi
    without_venv=${without_venv:-$name}
done

if [ -n "$without_venv" ]; then
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$without_venv cannot make a virtual environment: its module venv or ensurepip is missing; install it:"
    debian="sudo apt install python3-venv    (or python$version-venv, where that is not enough)"
else
    echo "no Python 3.11 or newer runs here${PYTHON:+ as \`$PYTHON\`}; install one:"
    debian="sudo apt install python3 python3-venv    (Debian 12, Ubuntu 24.04, Raspberry Pi OS 12 or newer)"
fi >&2
cat >&2 <<END
  Debian, Ubuntu, Raspberry Pi OS, WSL:  $debian
  Fedora:                                sudo dnf install python3
  macOS:                                 brew install python
or name one that stands elsewhere:       make demo PYTHON=/path/to/python3
END
exit 1
