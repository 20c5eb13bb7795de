#!/bin/bash
# Brings what the faults are made with, where it is missing: a compiler for disk.c, file systems of their own, limits of a
# process. Run as root.
set -eu
missing=()
command -v gcc >/dev/null && [ -e /usr/include/stdio.h ] || missing+=(gcc libc6-dev)
command -v mkfs.ext4 >/dev/null || [ -x /sbin/mkfs.ext4 ] || missing+=(e2fsprogs)
command -v prlimit >/dev/null || missing+=(util-linux)
command -v mount >/dev/null || missing+=(mount)
if [ "${#missing[@]}" -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
