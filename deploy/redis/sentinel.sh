#!/bin/sh
# Runs one of three sentinels, of which two must agree, in the folder that it is started in: it keeps
# its state in its file of settings.
set -eu

if [ ! -f sentinel.conf ]; then
  cat >sentinel.conf <<CONF
port ${LISTEN_PORT:-26379}
bind ${LISTEN_ADDRESS:-0.0.0.0}
sentinel resolve-hostnames yes
sentinel monitor guidance $REDIS_HOST ${REDIS_PORT:-6379} 2
sentinel down-after-milliseconds guidance 3000
sentinel failover-timeout guidance 10000
CONF
fi
exec "${REDIS_SERVER:-redis-server}" sentinel.conf --sentinel
