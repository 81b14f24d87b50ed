#!/bin/sh
# Runs a standby, made of a copy of the primary where there is none yet; with PostgreSQL's options.
set -eu

primary="host=$PRIMARY_HOST port=${PRIMARY_PORT:-5432} user=replication password=$REPLICATION_PASSWORD application_name=replica"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  pg_basebackup --pgdata "$PGDATA" --dbname "$primary" --slot replica --checkpoint fast --write-recovery-conf
fi
exec postgres -D "$PGDATA" "$@"
