#!/bin/sh
# sh tests/run.sh [PYTEST-ARGUMENTS]   makes .venv, then runs every test that this machine can run
# sh tests/run.sh --faults             faults and attacks in full, for minutes, and their figures
#
# REGFORENSICS_SHARED_DATA names the folder of real registry documents (default: ../shared/data).
set -eu
cd "$(dirname "$0")/.."
. examples/venv.sh
make_venv tests

left_out=
leave_out() {
    printf 'tests: left out: %s\n' "$2"
    left_out="${left_out:+$left_out and }not $1"
}

has_chromium() {
    for browser in chromium chromium-browser google-chrome; do
        if command -v "$browser" > /dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

REGFORENSICS_SHARED_DATA=${REGFORENSICS_SHARED_DATA:-$(dirname "$PWD")/shared/data}
export REGFORENSICS_SHARED_DATA
if [ ! -d "$REGFORENSICS_SHARED_DATA" ]; then
    leave_out shared_data "tests on real registry documents ($REGFORENSICS_SHARED_DATA is absent)"
fi
if ! has_chromium; then
    leave_out browser "tests in a browser (no chromium, chromium-browser or google-chrome found)"
fi

for tool in git jq openssl sha256sum ssh-keygen unzip xmllint zstd; do
    if ! command -v "$tool" > /dev/null 2>&1; then
        printf 'tests: left out: tests that run %s (not found)\n' "$tool"
    fi
done

set -- ${left_out:+-m "$left_out"} "$@"
exec "$RUN_PYTHON" -m pytest "$@"
