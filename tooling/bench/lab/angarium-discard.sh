#!/bin/bash
# Our engine with every extension on, and a handler that throws the message away. A peer script of the lab: start, stop,
# queued, info. The lab's folder is in LAB_HOME.
. "${LAB_HOME:?the lab}/lib.sh"
here=$(dirname "$(readlink -f "$0")")
cmd=$1 D=${2:-} PORT=${3:-} MODE=${4:-}
case $cmd in
start)
  [ "$MODE" = hold ] || die "the discarding handler has no relay side"
  mkdir -p "$D"
  launch "$D" "$NODE24" "$here/discard.mjs" "$PORT" "${THREADS:-1}"
  wait_port "$PORT" || { tail -5 "$D/log" >&2; exit 1; } ;;
stop)   stop_group "$D" ;;
queued) echo 0 ;;
info)   echo "angarium session, discarding, ${THREADS:-1} thread(s), on Node $("$NODE24" -p process.version)" ;;
esac
