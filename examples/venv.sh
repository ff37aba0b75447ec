# Sourced by quickstart.sh and tests/run.sh from the root of the checkout.
#
# make_venv NAME: sets RUN_PYTHON to a Python that has the project and its locked dependencies:
# that of .venv, made or reused, or else (no package index within reach) an interpreter that has
# the dependencies already. NAME goes before every message. PYTHON names the interpreter to start from.

say() { printf '%s: %s\n' "$venv_user" "$*" >&2; }

is_recent() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.11 python3.12 python3.13 python3.14 python; do
        if [ -n "$candidate" ] && is_recent "$candidate"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    say "no Python 3.11 or newer with venv was found; install one, or name it: PYTHON=/path/to/python"
    return 1
}

install_locked() {
    stamp=.venv/requirements.cksum
    if [ "$(cksum < requirements.lock)" != "$(cat $stamp 2>/dev/null)" ]; then
        say "installing the locked dependencies into .venv"
        if ! .venv/bin/python -m pip --disable-pip-version-check --no-input --retries 2 install \
                --quiet --require-hashes -r requirements.lock > .venv/pip.log 2>&1; then
            say "pip: $(grep '^ERROR' .venv/pip.log | tail -n 1) (all of it in .venv/pip.log)"
            return 1
        fi
        cksum < requirements.lock > $stamp
    fi
    .venv/bin/python -m pip --disable-pip-version-check --no-input install --quiet \
        --no-index --no-deps --no-build-isolation .
}

make_venv() {
    venv_user=$1
    base=$(find_python) || return 1
    if ! is_recent .venv/bin/python; then
        "$base" -m venv --clear .venv || { say "could not make .venv with $base"; return 1; }
    fi
    if install_locked; then
        RUN_PYTHON=.venv/bin/python
    elif PYTHONPATH=. "$base" -c 'import deepdiff, httpx, jinja2, jsonschema, msgspec, nodesemver, packageurl, packaging, rich, stamina, typer' 2>/dev/null; then
        say "the locked dependencies cannot be installed: running with those of $base, unpinned"
        RUN_PYTHON=$base
        export PYTHONPATH=.
    else
        say "where no package index is within reach, set PIP_INDEX_URL or PIP_FIND_LINKS and try again"
        return 1
    fi
}
