#!/bin/bash
# The built MTA with its default configuration, as a peer of the lab: start, stop, queued, info.
#   run.sh accept -p "floor postfix PATH-OF-THIS-FILE"
# Set beside the defaults: who may send (the load comes from loopback and writes to elsewhere), connections from one
# address (all of the load is from one), and what the mode asks for. The log goes where it goes by itself, to the
# standard output, which here is a file. The lab is found in LAB_HOME, else in ANGARIUM_SHARED, else beside the repository.
here=$(dirname "$(readlink -f "$0")")
shared=${ANGARIUM_SHARED:-$here/../../../shared}
. "${LAB_HOME:-$shared/lab}/lib.sh" || exit 1
mta=$here/../../apps/mta/dist/main.js
cmd=$1 D=${2:-} PORT=${3:-} MODE=${4:-} SINK=${5:-}
case $cmd in
start)
  [ -x "$mta" ] || die "not built: $mta"
  mkdir -p "$D"
  case $MODE in
  hold)  what='delivery: { paused: true }' ;;
  relay) what="$(printf 'delivery: { allowLoopback: true }\nroutes: { "*": { host: 127.0.0.1, port: %s } }' "$SINK")" ;;
  *)     die "no mode $MODE" ;;
  esac
  cat > "$D/angarium.yaml" <<C
hostname: peer.lab.test
data: $D/data
listeners: [{ address: 127.0.0.1, port: $PORT }]
relayFor: [127.0.0.0/8]
limits: { connections: ${PEER_CONNS:-1000}, connectionsPerAddress: ${PEER_CONNS:-1000} }
$what
C
  # By its first line, as it is started everywhere: Node's own options stand there. More of them go by NODE_OPTIONS.
  launch "$D" env PATH="$(dirname "$NODE24"):$PATH" "$mta" serve --config "$D/angarium.yaml"
  wait_port "$PORT" || { tail -5 "$D/log" >&2; exit 1; } ;;
stop)   stop_group "$D" ;;
queued)
  "$NODE24" "$mta" queue stats --json --config "$D/angarium.yaml" |
    "$NODE24" -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).messages' ;;
info)   "$NODE24" "$mta" --version ;;
*)      die "start, stop, queued or info" ;;
esac
