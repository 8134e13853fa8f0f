"""Tell for each change whether it is made already, may be made, or stands against what is there."""

from nowfab.agent.request import Job
from nowfab.agent.standing import both, group_name, owner_name, same, stands_at
from nowfab.agent.words import Trouble

PATHS = ("write", "link", "folder", "remove")

UNSEEN = ("run", "lists")
"""Changes of which nobody can see whether they are made: they are made each time."""


def subject(change: dict) -> tuple:
    """Give what a change is about, so that two changes of one thing can be seen to be that."""
    kind = change["do"]
    if kind in PATHS:
        return ("path", change["path"])
    if kind == "packages":
        return ("packages",) + tuple(sorted(change["install"] + change["remove"]))
    return (kind, change.get("name") or change.get("key") or "")


def state_now(change: dict) -> dict:
    """Look at what the change is about."""
    kind = change["do"]
    if kind in PATHS:
        return stands_at(change["path"])[0]
    from nowfab.agent.kernel import sysctl_at
    from nowfab.agent.packages import packages_at
    from nowfab.agent.units import units_at

    if kind == "packages":
        return packages_at(sorted(set(change["install"]) | set(change["remove"]) | set(change["was"])))
    if kind == "upgrade":
        return packages_at(sorted(set(change["to"]) | set(change["was"])))
    if kind == "unit":
        return units_at([change["name"]])[change["name"]]
    return sysctl_at(change["key"]) if kind == "sysctl" else {}


def goal_of(change: dict, job: Job, now: dict) -> dict:
    """Give what there will be once the change is made."""
    kind = change["do"]
    if kind in ("write", "folder"):
        rights = {"mode": change["mode"], "owner": change["owner"], "group": change["group"]}
        if change["owner"].isdigit():
            rights["owner"] = owner_name(int(change["owner"]))
        if change["group"].isdigit():
            rights["group"] = group_name(int(change["group"]))
        if kind == "folder":
            return dict(rights, **{"is": "folder"})
        return dict(rights, sha256=job.blobs[change["blob"]]["sha256"], **{"is": "file"})
    if kind == "link":
        return {"is": "link", "target": change["target"]}
    if kind == "remove":
        return {"is": "absent"}
    from nowfab.agent.kernel import spaced
    from nowfab.agent.units import unit_after

    if kind == "unit":
        return unit_after(change, now)
    if kind == "sysctl":
        return {"value": spaced(change["value"])}
    if kind == "upgrade":
        return dict(now, **{name: {"version": version} for name, version in change["to"].items()})
    there = {name: {"version": "yes"} for name in change["install"]}
    there.update({name: {"version": ""} for name in change["remove"]})
    return dict(now, **there)


def is_made(change: dict, job: Job, now: dict) -> bool:
    """Say whether the change's goal holds exactly."""
    kind = change["do"]
    if kind in PATHS:
        return same(goal_of(change, job, now), now)
    from nowfab.agent.kernel import sysctl_holds
    from nowfab.agent.packages import packages_hold
    from nowfab.agent.units import unit_holds
    from nowfab.agent.upgrading import upgrade_holds

    if kind == "packages":
        return packages_hold(change, now)
    if kind == "upgrade":
        return upgrade_holds(change, now)
    if kind == "unit":
        return unit_holds(change, now)
    return kind == "sysctl" and sysctl_holds(change, now)


def needed(change: dict, job: Job, now: dict) -> bool:
    """Say whether there is something to do; Trouble where what it was decided on holds no more."""
    if is_made(change, job, now):
        return False
    difference = against(change, now)
    if difference:
        raise Trouble("changed since it was looked at: %s" % difference, "conflict")
    return True


def against(change: dict, now: dict) -> str:
    """Say how things differ from what the change was decided on, "" for not at all."""
    kind = change["do"]
    if kind in UNSEEN:
        return ""
    was = change["was"]
    if kind in PATHS:
        return "" if same(was, now) else "`%s` was %s" % (change["path"], both(was, now))
    if kind in ("packages", "upgrade"):
        return "; ".join(
            package_against(name, was[name], now[name])
            for name in sorted(was)
            if differ(was[name], now[name])
        )
    if kind == "sysctl":
        from nowfab.agent.kernel import spaced

        then = None if was.get("value") is None else spaced(was["value"])
        return (
            ""
            if then == now["value"]
            else "`%s` was `%s` then, `%s` now" % (change["key"], then, now["value"])
        )
    sides = [(each.get("enabled"), each.get("active")) for each in (was, now)]
    if sides[0] == sides[1]:
        return ""
    return "`%s` was %s, %s then, %s, %s now" % ((change["name"],) + sides[0] + sides[1])


def differ(was: dict, now: dict) -> bool:
    """Say whether a package is another than it was."""
    return bool(was.get("version") != now.get("version") or was.get("held") != now.get("held"))


def package_against(name: str, was: dict, now: dict) -> str:
    """Say how a package differs."""
    said = [
        (each.get("version") or "not installed") + (", held" if each.get("held") else "")
        for each in (was, now)
    ]
    return "`%s` was %s then, is %s now" % (name, said[0], said[1])
