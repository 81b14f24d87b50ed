#!/bin/sh
# Prepares a new primary for a standby; the image of PostgreSQL runs it once, when it makes the database.
set -eu

psql --set ON_ERROR_STOP=1 --set password="$REPLICATION_PASSWORD" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE replication LOGIN REPLICATION PASSWORD :'password';
CREATE ROLE health LOGIN;
SELECT pg_create_physical_replication_slot('replica');
SQL

# The standby comes with its password; whoever asks for health alone sees nothing, and needs none.
cat >>"$PGDATA/pg_hba.conf" <<'HBA'
host replication replication all scram-sha-256
HBA
sed -i '1i host postgres health samenet trust' "$PGDATA/pg_hba.conf"

# What a standby that is away has not read is kept, but does not fill the disk.
cat >>"$PGDATA/postgresql.conf" <<'CONF'
max_slot_wal_keep_size = '10GB'
CONF
