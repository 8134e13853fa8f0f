#!/bin/sh
# Make .venv hold nowfab with the extra that is asked for (fleet or dev; dev holds fleet), at the pinned versions.
# Does nothing when it does already: .venv/.holds says what was installed, from which files, in which folder.
set -eu
cd "$(dirname "$0")/.."
here=$(pwd -P)
extra=$1
python=.venv/bin/python

files=$(cat pyproject.toml constraints.txt scripts/environment.sh | cksum)
holds() { [ "$(cat .venv/.holds 2>/dev/null)" = "$1 $files $here" ] && "$python" -c '' 2>/dev/null; }
if holds dev || holds "$extra"; then
    exit 0
fi

usable() {
    "$python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 &&
        grep -qF "$here/.venv" .venv/bin/activate # else the clone was moved, and activating leads elsewhere
}
if ! usable; then
    base=$(sh scripts/python.sh)
    echo "making .venv with $base ($("$base" -c 'import platform; print(platform.python_version())'))" >&2
    "$base" -m venv --clear .venv
fi
rm -f .venv/.holds
echo "installing nowfab[$extra] into .venv (once; a minute or so)" >&2
pip() { "$python" -m pip --quiet --disable-pip-version-check "$@"; }
pip install --constraint constraints.txt setuptools
pip install --constraint constraints.txt --no-build-isolation --editable ".[$extra]"
echo "$extra $files $here" >.venv/.holds
