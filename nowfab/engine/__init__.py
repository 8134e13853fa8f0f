"""Carry work out on nodes, wave by wave, and have one row for each of them whatever happens."""

from nowfab.engine.carry import Watcher, carry_out
from nowfab.engine.waves import Waves, at_once

__all__ = ["Watcher", "Waves", "at_once", "carry_out"]
