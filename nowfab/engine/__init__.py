"""Carry work out on nodes, wave by wave, and have one row for each of them whatever happens."""

from nowfab.engine.budget import Budget
from nowfab.engine.carry import Watcher, carry_out
from nowfab.engine.retry import Retry
from nowfab.engine.second import followed_by
from nowfab.engine.waves import Wave, Waves, at_once, ranked, serial

__all__ = [
    "Budget",
    "Retry",
    "Watcher",
    "Wave",
    "Waves",
    "at_once",
    "carry_out",
    "followed_by",
    "ranked",
    "serial",
]
