# What can be made here; `make` alone says it. Works with GNU make 3.81 or newer and any POSIX sh.

PYTHON =
export PYTHON
IN_VENV = .venv/bin/python

.PHONY: help demo test faults sweep soak lint map reference wheel clean bench bench-plans bench-setup fleet-environment dev-environment

help:
	@echo 'make demo    start five practice nodes, run a command on them, show the table, clean up'
	@echo 'make test    run every check that this machine can run; says what it skipped, and why'
	@echo 'make faults  put every fault of the catalogue to the test, and show id by id what holds; PEERS=1: other programs too'
	@echo 'make sweep   cut sessions, nodes and controllers everywhere, and have cssh read 5,000 new files; 8 minutes, 30 with an engine'
	@echo 'make soak    ten minutes of random faults over 32 nodes: does anything grow, lie or stay? MINUTES=1 for less'
	@echo 'make lint    only the format, the lint and the types'
	@echo 'make map     write the map of the code into README.md, from the docstrings'
	@echo 'make reference  write what may stand in a plan into docs/, from the code'
	@echo 'make bench   put nowfab beside its peers, 40 minutes; WORKS=a,c PEERS=asyncssh,clush ROUNDS=1 NODES=100 for less'
	@echo 'make bench-plans  only plans, beside pyinfra and Ansible; 20 minutes'
	@echo 'make bench-setup  install those peers (the Debian packages only as root)'
	@echo 'make wheel   build dist/nowfab-*.whl'
	@echo 'make clean   remove what the others have made, .venv too'

demo: fleet-environment
	@sh scripts/demo.sh

test: lint
	$(IN_VENV) -m pytest

faults: dev-environment
	@$(IN_VENV) scripts/faults.py $(if $(PEERS),--peers)

sweep: dev-environment
	@NOWFAB_SWEEP=1 $(IN_VENV) -m pytest -s tests/faults/test_sweep.py tests/groups/test_clusterssh.py \
	  tests/fleet/test_guard_cut.py tests/fleet/test_guard_messages.py

soak: dev-environment
	@MINUTES=$(MINUTES) $(IN_VENV) -m tests.soak

lint: dev-environment
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m mypy

map: dev-environment
	$(IN_VENV) scripts/map.py --write

reference: dev-environment
	$(IN_VENV) scripts/reference.py --write

bench: dev-environment
	@$(IN_VENV) -m bench $(if $(WORKS),--works $(WORKS)) $(if $(PEERS),--peers $(PEERS)) \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(NODES),--nodes $(NODES)) $(if $(MINUTES),--minutes $(MINUTES))
	@$(if $(WORKS),,$(MAKE) bench-plans)

bench-plans: dev-environment
	@$(IN_VENV) -m bench.plans $(if $(ROUNDS),--rounds $(ROUNDS))

bench-setup: dev-environment
	@$(IN_VENV) -m bench.setup

wheel: dev-environment
	$(IN_VENV) -m build --wheel --no-isolation

clean:
	rm -rf .venv build dist nowfab.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

fleet-environment:
	@sh scripts/environment.sh fleet

dev-environment:
	@sh scripts/environment.sh dev
