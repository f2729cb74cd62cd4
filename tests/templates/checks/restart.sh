# Sourced by run.sh: the database after the sandbox's end, gentle or not.

check "a row is written" 'psql "$DATABASE_URL" -c "create table kept (a int)" -c "insert into kept values (7)"'
gentle() { docker stop --time 30 "$box" && docker start "$box" && boot; }
crash() { docker kill "$box" && docker start "$box" && boot; }
outside "the database is up after a restart" gentle
check "the row is still there" '[[ $(psql "$DATABASE_URL" -Atc "select a from kept") == 7 ]]'
outside "the database is up after a crash" crash
check "the row is there still" '[[ $(psql "$DATABASE_URL" -Atc "select a from kept") == 7 ]]'
# As after a crash where the number has gone to another process of user's.
check "a stale lock file is no obstacle" \
    '/usr/lib/postgresql/15/bin/pg_ctl -D ~/pgdata -m fast -w stop >/dev/null
     sleep 1000 >/dev/null 2>&1 & printf "%s\n/home/user/pgdata\n0\n5432\n/tmp\nlocalhost\n0\nready\n" $! >~/pgdata/postmaster.pid
     start-db && psql "$DATABASE_URL" -Atc "select 1"; code=$?; kill %1; exit $code'
