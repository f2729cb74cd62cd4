# Sourced by run.sh: the database is up without a word from the user.

check "pg_isready" 'pg_isready -h localhost -p 5432 -U litellm'
check 'psql "$DATABASE_URL"' '[[ $(psql "$DATABASE_URL" --no-psqlrc -Atc "select 1") == 1 ]]'
check "tables can be made and dropped" \
    'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c "create table t (a int)" -c "drop table t"'
check "databases can be made and dropped" \
    'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c "create database d" -c "drop database d"'
check "PostgreSQL 15" '[[ $(psql "$DATABASE_URL" -Atc "show server_version") == 15.* ]]'
check "it is user's" '[[ $(stat -c %U ~/pgdata) == user && $(ps -o user= -C postgres | sort -u) == user ]]'
check "it listens on the loopback only" \
    '[[ -z $(ss -Hltn "sport = :5432" | grep -v -e "127.0.0.1:5432" -e "\[::1\]:5432") ]]'
check "Debian made no cluster of its own" '[[ -z $(ls /etc/postgresql/15 2>/dev/null) ]]'
check "start-db again" '[[ $(start-db) == "[start-db] PostgreSQL already running." ]]'
check "start-db as root" 'sudo -n start-db'
check "start-db brings it back, called by several at once" \
    '/usr/lib/postgresql/15/bin/pg_ctl -D ~/pgdata -m fast -w stop >/dev/null
     start-db & start-db & start-db & wait && [[ $(psql "$DATABASE_URL" -Atc "select 1") == 1 ]]'
check "start-db says why it cannot" \
    'pg=/usr/lib/postgresql/15/bin/pg_ctl; $pg -D ~/pgdata -m fast -w stop >/dev/null
     echo nonsense >>~/pgdata/postgresql.conf
     said=$(start-db); code=$?
     sed -i "/^nonsense$/d" ~/pgdata/postgresql.conf; start-db >/dev/null
     echo "$said"; [[ $code == 1 && $said == *"ERROR: pg_ctl failed"*"syntax error"* ]]'
