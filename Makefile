# Two commands are enough: `make demo` runs the bot with a sample community, `make test` runs all tests.
# What they do is in tasks.py, so that Windows, which has no make, does the same: `py -m tasks demo`.

TASKS := setup demo test lint format lock bench train
PORT ?= 8000
ARGS ?=

.PHONY: $(TASKS)
demo: ARGS += --port $(PORT)

# A name on the PATH is not enough: it may be an old Python, or a version manager's stub for one that is not chosen.
$(TASKS):
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec $$python tasks.py $@ $(ARGS); \
		fi; \
	done; \
	echo "Linli needs Python 3.11 or newer, and none was found." >&2; \
	echo "  Debian, Ubuntu:  sudo apt install python3 python3-venv    (where that is older: python3.11 python3.11-venv)" >&2; \
	echo "  Fedora:          sudo dnf install python3" >&2; \
	echo "  macOS:           brew install python" >&2; \
	exit 1
