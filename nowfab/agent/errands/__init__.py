"""Be programs of their own, each for one errand: sent only with the change that needs one."""
