#!/bin/bash
# The same, with two threads in the one process.
THREADS=2 exec "$(dirname "$(readlink -f "$0")")/angarium-discard.sh" "$@"
