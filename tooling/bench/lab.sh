#!/bin/bash
# Runs a script of the lab with our peers among its own: angarium, angarium-discard, angarium-discard-threads.
#   lab.sh run accept -p "floor postfix angarium"        lab.sh mem -p angarium -q 0 -x 10000
# The lab is found in LAB_HOME, else in ANGARIUM_SHARED, else beside the repository.
set -u
here=$(dirname "$(readlink -f "$0")")
lab=${LAB_HOME:-${ANGARIUM_SHARED:-$here/../../../shared}/lab}
script=${1:?run or mem, and what it takes}; shift
[ -x "$lab/$script.sh" ] || { echo "lab.sh: no $script in $lab" >&2; exit 1; }
# Only links are in there. Rows of results are kept where -o says.
mirror=$(mktemp -d); mkdir "$mirror/peers"
trap 'rm -rf "$mirror"' EXIT
for one in "$lab"/*.sh "$lab/node"; do ln -s "$one" "$mirror/"; done
for one in "$lab"/peers/*; do ln -s "$one" "$mirror/peers/"; done
ln -s "$here/lab-peer.sh" "$mirror/peers/angarium.sh"
for one in "$here"/lab/*.sh; do ln -s "$one" "$mirror/peers/"; done
LAB_HOME=$lab "$mirror/$script.sh" "$@"
