#!/bin/sh
# sh examples/quickstart.sh             plays an incident on 127.0.0.1 and reports on it
# sh examples/quickstart.sh npm:NAME    captures real packages and reports on them
#
# Needs Python 3.11 or newer; makes .venv in the checkout, and writes to out/ only.
set -eu
cd "$(dirname "$0")/.."
. examples/venv.sh
make_venv quickstart
exec "$RUN_PYTHON" examples/quickstart.py "$@"
