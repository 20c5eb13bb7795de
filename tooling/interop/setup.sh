#!/bin/bash
# Brings the real peers. Postfix and Exim exclude each other as Debian packages, so they are unpacked side by side into
# a cache, never installed or started as services; only the libraries they need and their users are added. Run as root.
set -eu
cache=${ANGARIUM_PEERS:-/var/cache/angarium-peers}
peers=(postfix exim4-base exim4-daemon-light unbound)
users=(postfix Debian-exim unbound)
mkdir -p "$cache/debs"

if [ ! -e "$cache/complete" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  # What the peers link against: all that they depend on, except themselves and what would start a service.
  mapfile -t libraries < <(
    apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "${peers[@]}" |
      sed -n 's/^ *|\?Depends: \(lib[^ ]*\)$/\1/p' | sort -u
  )
  apt-get install -q -y --no-install-recommends openssl swaks libnet-ssleay-perl "${libraries[@]}"
  (cd "$cache/debs" && apt-get download -q "${peers[@]}")
  for package in "${peers[@]}"; do
    root=$cache/${package%%-*}
    mkdir -p "$root"
    dpkg-deb -x "$cache/debs/$package"_*.deb "$root"
  done
  touch "$cache/complete"
fi
for user in "${users[@]}"; do
  getent passwd "$user" >/dev/null || useradd --system --no-create-home --shell /usr/sbin/nologin "$user"
done
getent group postdrop >/dev/null || groupadd --system postdrop
