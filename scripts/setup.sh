#!/bin/sh
# Make .venv with the pinned dependencies and Syncline itself, editable. Does nothing when all is in place.
# PYTHON names the interpreter to use; else the newest suitable one on PATH is taken.
set -eu
cd "$(dirname "$0")/.."

VENV=.venv
STAMP=$VENV/syncline-setup

suitable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if suitable "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    {
        if [ -n "${PYTHON:-}" ]; then
            echo "Syncline needs Python 3.11 or newer, and PYTHON=$PYTHON is not that."
        elif command -v python3 >/dev/null 2>&1; then
            echo "Syncline needs Python 3.11 or newer; python3 here is $(python3 -V 2>&1 | cut -d' ' -f2)."
        else
            echo "Syncline needs Python 3.11 or newer, and there is no python3 here."
        fi
        echo "  Debian 12, Ubuntu 24.04 or newer:  apt-get install python3 python3-venv"
        echo "  macOS:                             brew install python@3.12"
        echo "  It is installed somewhere else:    make setup PYTHON=/path/to/python3.12"
    } >&2
    exit 1
}

require_venv() {
    if ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        {
            echo "Python $version at $1 cannot make virtual environments: its venv package is missing."
            echo "  Debian, Ubuntu:  apt-get install python3-venv   (or python$version-venv)"
        } >&2
        exit 1
    fi
}

# What the environment was made from: the pinned requirements, the package's own metadata (what pyproject.toml
# says before it comes to the tools), and the interpreter.
wanted() {
    { cat requirements/dev.txt scripts/setup.sh; sed '/^\[tool\.ruff/,$d' pyproject.toml; } | cksum
    echo "$1"
}

if [ -z "${PYTHON:-}" ] && [ -f "$STAMP" ] && [ -x "$VENV/bin/python" ]; then
    python=$(sed -n 2p "$STAMP")
else
    python=$(find_python)
fi
if [ -x "$VENV/bin/python" ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$(wanted "$python")" ]; then
    exit 0
fi

# An environment that works and was not made from another interpreter is kept and brought up to date.
usable() {
    [ -x "$VENV/bin/python" ] && suitable "$VENV/bin/python" && "$VENV/bin/python" -c 'import pip' 2>/dev/null &&
        { [ ! -f "$STAMP" ] || [ "$(sed -n 2p "$STAMP")" = "$python" ]; }
}

if ! usable; then
    require_venv "$python"
    echo "Making $VENV with $("$python" -V) …"
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
fi
rm -f "$STAMP"
echo "Installing the pinned dependencies …"
pip="$VENV/bin/python -m pip --quiet --disable-pip-version-check"
$pip install --require-hashes -r requirements/dev.txt
$pip install --no-build-isolation --no-deps --editable .
wanted "$python" > "$STAMP"
echo "Ready: $VENV/bin/syncline --help"
