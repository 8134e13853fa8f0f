#!/bin/sh
# Run the demonstration in a folder of its own: five practice nodes up, one command on all of them, down again.
# Its HOME and state are its own too, so that a practice fleet or groups that you have are neither seen nor changed.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/nowfab-demo.XXXXXX") || exit 1

up=
cleanup() {
    code=$?
    trap '' INT TERM HUP
    if [ -n "$up" ]; then
        inv fleet.down || code=1
    fi
    cd / && rm -rf "$place"
    exit "$code"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

inv() { "$root/.venv/bin/python" -m invoke "$@"; }
nowfab() { "$root/.venv/bin/python" -m nowfab "$@"; }
show() {
    printf '\n$ %s\n' "$1"
    shift
    "$@"
}

export HOME="$place" XDG_STATE_HOME="$place/state" XDG_CONFIG_HOME="$place/config" XDG_CACHE_HOME="$place/cache"
cd "$place" || exit 1

show 'nowfab init' nowfab init || exit
up=yes
show 'inv fleet.up --nodes 5' inv fleet.up --nodes 5 || exit
show 'inv run "hostname" --group red' inv run "hostname" --group red || exit
show 'inv fleet.down' inv fleet.down || exit
up=
cat <<'END'

That was nowfab with five practice nodes on this computer. To go on, type:

  . .venv/bin/activate
  inv fleet.up --nodes 5                # practice nodes red01 to red05, until `inv fleet.down`
  inv run "uptime" --group red
  inv --list                            # what else there is

docs/tutorial.md goes on from here, to Pis of your own.
END
