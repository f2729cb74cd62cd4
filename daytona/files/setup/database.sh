#!/usr/bin/env bash
# The PostgreSQL cluster of `user`, with role and database `litellm`. Whoever is in the sandbox may
# use it, and nobody else reaches it: it listens on the loopback and needs no password.
set -euo pipefail

cluster() {
    set -euo pipefail
    local bin data=/home/user/pgdata
    bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1)
    "$bin/initdb" --pgdata="$data" --username=user --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=trust
    cat >>"$data/postgresql.conf" <<'CONF'
listen_addresses = 'localhost'
port = 5432
# The usual folder is root's.
unix_socket_directories = '/tmp'
CONF
    "$bin/pg_ctl" --pgdata="$data" --log=/tmp/initdb.log --wait start
    psql --host=/tmp --username=user --dbname=postgres --set=ON_ERROR_STOP=1 \
        --command='CREATE ROLE litellm LOGIN CREATEDB' \
        --command='CREATE DATABASE litellm OWNER litellm'
    "$bin/pg_ctl" --pgdata="$data" --wait --mode=fast stop
    rm -f /tmp/initdb.log
}

export -f cluster
runuser -u user -- env HOME=/home/user bash -c cluster
