"""Know the steps that are about the node itself: its name, language, kernel and firmware."""

from __future__ import annotations

from collections.abc import Mapping

from nowfab.steps import fields
from nowfab.steps.cmdline import cmdline
from nowfab.steps.config_txt import config_txt
from nowfab.steps.hostname import hostname
from nowfab.steps.keyboard import keyboard
from nowfab.steps.kind import Field, Kind, must
from nowfab.steps.locale import locale
from nowfab.steps.swap import swap
from nowfab.steps.sysctl import sysctl
from nowfab.steps.timezone import timezone

_FIRMWARE = (
    "a Raspberry Pi's firmware: its files in `/boot/firmware`, or `/boot` up to Raspberry Pi OS 11; root"
)
_VFAT = "never, for that partition is vfat: try it on one Pi that you can reach"

NODE: Mapping[str, Kind] = {
    "hostname": Kind(
        "The node bears its name: now, in `/etc/hostname`, and as 127.0.1.1 in `/etc/hosts`.",
        {"name": must(fields.hostname, "`{{ node.name }}` is a good one")},
        hostname,
        "{name: blue42}",
        "the program `hostname`, root",
    ),
    "timezone": Kind(
        "The node lives in a time zone.",
        {"name": must(fields.zone, "the zone")},
        timezone,
        "{name: Europe/Berlin}",
        "the package `tzdata`, root",
    ),
    "locale": Kind(
        "New logins speak a language, which is made where the node does not have it.",
        {"name": must(fields.locale, "language, country and character set")},
        locale,
        "{name: en_GB.UTF-8}",
        "the package `locales`, root",
    ),
    "keyboard": Kind(
        "A keyboard means what is printed on it.",
        {
            "layout": must(fields.layout, "such as `de` or `us,de`"),
            "variant": Field(fields.layout, "a variant of it"),
            "model": Field(fields.layout, "what it looks like", "pc105"),
        },
        keyboard,
        "{layout: de, variant: nodeadkeys}",
        "systemd, root; the package `keyboard-setup` where the console is to know at once",
    ),
    "sysctl": Kind(
        "A kernel parameter is set, now and after each boot.",
        {"key": must(fields.sysctl, "the parameter"), "value": must(fields.text, "its value")},
        sysctl,
        '{key: net.ipv4.conf.all.log_martians, value: "1"}',
        "systemd, root; a kernel that has it",
        "always, but where only the value of now is another one and `key` does not begin with `net.`",
    ),
    "swap": Kind(
        "There is as much swap as is wanted: at once by dphys-swapfile (Raspberry Pi OS up to 12),"
        " by rpi-swap (13) at the next start.",
        {
            "size": must(fields.number, "MiB, 0 for none"),
            "zram": Field(fields.boolean, "in compressed memory, which only rpi-swap does", "false"),
        },
        swap,
        "{size: 512}",
        "`dphys-swapfile` or `rpi-swap`, systemd, root",
    ),
    "config-txt": Kind(
        "A setting stands in a Raspberry Pi's config.txt; it counts after a reboot.",
        {
            "line": Field(fields.text, "a whole line, such as `dtoverlay=disable-bt`"),
            "key": Field(fields.text, "or the name of a value, such as `arm_boost`, `dtparam=audio`"),
            "value": Field(fields.text, "the value of `key`"),
            "section": Field(fields.text, "for which models it is, such as `pi4`, `cm4`", "all"),
            "present": Field(fields.boolean, "`false` takes it out", "true"),
        },
        config_txt,
        "{key: gpu_mem, value: '64', section: cm4}",
        _FIRMWARE,
        _VFAT,
        ("line", "key"),
    ),
    "cmdline": Kind(
        "Words stand on a Raspberry Pi's kernel command line, which stays one line with its `root=`;"
        " they count after a reboot.",
        {
            "set": Field(fields.pairs, "names that have one value each, as in `{console: tty1}`"),
            "add": Field(fields.texts, "words that are there"),
            "remove": Field(fields.texts, "words that are not, or names with any value"),
        },
        cmdline,
        "{set: {console: tty1}, add: cgroup_memory=1, remove: quiet}",
        _FIRMWARE,
        _VFAT,
    ),
}
"""By their names."""
