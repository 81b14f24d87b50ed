#!/bin/sh
# Runs PgBouncer in transaction mode, before the primary and the replica, in the folder that it is
# started in; with PgBouncer's options. Its clients set DATABASE_POOLER=transaction.
set -eu
umask 077

printf '"%s" "%s"\n' "$POSTGRES_USER" "$POSTGRES_PASSWORD" >users.txt
cat >pgbouncer.ini <<INI
[databases]
guidance = host=$PRIMARY_HOST port=${PRIMARY_PORT:-5432}
guidance_replica = host=$REPLICA_HOST port=${REPLICA_PORT:-5432} dbname=guidance

[pgbouncer]
listen_addr = ${LISTEN_ADDRESS:-0.0.0.0}
listen_port = ${LISTEN_PORT:-6432}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users.txt
pool_mode = transaction
max_client_conn = 2000
default_pool_size = ${POOL_SIZE:-40}
# A primary that does not answer is found out, and asked for again, within the patience of a request.
server_connect_timeout = 2
server_login_retry = 1
query_wait_timeout = 3
# So often is it looked whether the name leads elsewhere, as after a failover.
dns_max_ttl = 5
# What clients say of their sessions, and a pooler of transactions does not keep.
ignore_startup_parameters = extra_float_digits
INI
exec pgbouncer "$@" pgbouncer.ini
