#!/usr/bin/env bash
# Checks an image of a template as its provider would run it, and prints one line a check.
#
#   tests/templates/run.sh e2b|daytona IMAGE [FILE OF checks ...]
#
# Without names all of `checks` are made; with them, for instance `proxy browser`, only those. What
# only a full image has is checked where it is there. Ends with 1 if a check failed. Needs Docker
# and no network. The container is removed, whatever happens.
set -uo pipefail
kind=${1:?usage: run.sh e2b|daytona IMAGE}
image=${2:?name of the image}
shift 2
if (($# == 0)); then
    set -- database account secrets certificates proxy browser restart
fi
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../$kind" && pwd) || exit 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly PATH_OF_DAEMON=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

box=""
work=$(mktemp -d)
trap '[[ -z $box ]] || docker rm --force "$box" >/dev/null 2>&1; rm -rf "$work"' EXIT
failures=0

# E2B starts `bash -l` with four variables and a /tmp of its own; Daytona feeds a plain shell with
# the image's variables. A variable in `given` was given when the sandbox was made.
given=()
inside() {
    local variable options=()
    for variable in "${given[@]}"; do options+=(--env "$variable"); done
    case $kind in
        e2b)
            docker exec --user user --workdir /home/user "$box" env --ignore-environment \
                PATH="$PATH_OF_DAEMON" HOME=/home/user USER=user LOGNAME=user "${given[@]}" \
                bash -l -c "$1" </dev/null
            ;;
        daytona) docker exec --interactive "${options[@]}" "$box" bash <<<"$1" ;;
    esac
}

# check NAME COMMAND: the command must succeed inside. Its output is shown where it does not.
check() {
    local output
    if output=$(inside "$2" 2>&1); then
        printf 'ok      %s\n' "$1"
    else
        printf 'FAILED  %s\n' "$1"
        sed 's/^/        | /' <<<"$output" | tail -n 15
        failures=$((failures + 1))
    fi
}

# outside NAME COMMAND ...: the same for a command of this machine.
outside() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        printf 'ok      %s\n' "$name"
    else
        printf 'FAILED  %s\n' "$name"
        sed 's/^/        | /' <<<"$output" | tail -n 15
        failures=$((failures + 1))
    fi
}

has() { inside "$1" >/dev/null 2>&1; }

setting() { sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" "$folder/e2b.toml"; }

# What the provider does at the start of a sandbox, until it is handed over.
boot() {
    case $kind in
        e2b)
            inside "$(setting start_cmd)" >/dev/null 2>&1
            ready=$(setting ready_cmd)
            ;;
        daytona) ready='pg_isready --host=localhost --port=5432' ;;
    esac
    for ((i = 0; i < 120; i++)); do
        if has "$ready"; then return 0; fi
        sleep 1
    done
    docker logs "$box"
    return 1
}

case $kind in
    e2b) box=$(docker run --detach --tmpfs /tmp:exec,mode=1777 "$image" sleep infinity) || exit 2 ;;
    daytona) box=$(docker run --detach "$image") || exit 2 ;;
esac

outside "the database is up when the sandbox is handed over" boot
for checks in "$@"; do
    if [[ ! -r $here/checks/$checks.sh ]]; then
        echo "no checks of the name $checks" >&2
        exit 2
    fi
    . "$here/checks/$checks.sh"
done

if ((failures)); then
    printf '%s: %d checks failed\n' "$image" "$failures"
    exit 1
fi
printf '%s: all checks passed\n' "$image"
