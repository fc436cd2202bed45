# Sourced by ./run and ./test: makes .venv with augderm and an extra, once for each state of the files that the
# build goes by.

make_environment() {
    local root=$1 extra=$2 venv="$1/.venv" python stamp
    python=$(command -v python3.11 || command -v python3 || true)
    if [ -z "$python" ] || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        echo "augderm needs Python 3.11 or newer as python3.11 or python3; install it and try again" >&2
        return 1
    fi
    stamp="$venv/installed-$(cat "$root"/{pyproject.toml,hatch_build.py,tools/front_end.py,package-lock.json} \
        | cksum | tr ' ' '-')"
    # The pages' scripts lie in the sources, and git clean takes them away.
    if [ -e "$stamp-$extra" ] && [ -e "$root/src/augderm/web/static/vendor/.made-from" ]; then
        return 0
    fi
    echo "augderm: preparing $venv (once)..." >&2
    # One at a time: two calls that install into one place would spoil it.
    mkdir -p "$venv"
    exec 9> "$venv/.lock"
    command -v flock > /dev/null && flock 9
    # A half-made environment (no pip) is made anew.
    if ! "$venv/bin/python" -m pip --version > /dev/null 2>&1 && ! "$python" -m venv --clear "$venv"; then
        echo "no virtual environment can be made with $python; on Debian install python3-venv" >&2
        return 1
    fi
    # The build names its own needs; pip only has to be the one that came with Python.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e "$root${extra:+[$extra]}" >&2
    touch "$stamp-$extra" "$stamp-"
    exec 9>&-
}
