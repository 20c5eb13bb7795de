#!/bin/bash
# Brings the real peers. Mail servers exclude each other as Debian packages, so they are unpacked side by side into a
# cache, never installed or started as services; only the libraries they need, their users, and the empty folders that
# a mount namespace puts theirs over are added. Clients that are packages of their own are installed. Run as root.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${ANGARIUM_PEERS:-/var/cache/angarium-peers}
peers=(postfix exim4-base exim4-daemon-light unbound opensmtpd dovecot-core dovecot-lmtpd)
clients=(curl swaks libnet-ssleay-perl msmtp python3)
users=(postfix Debian-exim unbound opensmtpd opensmtpq dovecot dovenull)
mounted=(/usr/lib/dovecot /usr/libexec/opensmtpd /var/spool/smtpd /var/lib/opensmtpd/empty)

# What the cache holds when it is complete: a line that differs brings all of it anew.
wanted="${peers[*]} ${clients[*]} $(sha256sum <"$here/clients/package-lock.json")"
if [ "$(cat "$cache/complete" 2>/dev/null)" != "$wanted" ]; then
  rm -f "$cache/complete"
  mkdir -p "$cache/npm"
  debs=$(mktemp -d)
  trap 'rm -rf "$debs"' EXIT
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  # What the peers link against: all that they depend on, except themselves and what would start a service.
  mapfile -t libraries < <(
    apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "${peers[@]}" |
      sed -n 's/^ *|\?Depends: \(lib[^ ]*\)$/\1/p' | sort -u
  )
  apt-get install -q -y --no-install-recommends openssl "${clients[@]}" "${libraries[@]}"
  (cd "$debs" && apt-get download -q "${peers[@]}")
  for package in "${peers[@]}"; do
    root=$cache/${package%%-*}
    mkdir -p "$root"
    dpkg-deb -x "$debs/$package"_*.deb "$root"
  done
  cp "$here/clients/package.json" "$here/clients/package-lock.json" "$cache/npm"
  (cd "$cache/npm" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  printf '%s\n' "$wanted" >"$cache/complete"
fi
for user in "${users[@]}"; do
  getent passwd "$user" >/dev/null || useradd --system --no-create-home --shell /usr/sbin/nologin "$user"
done
getent group postdrop >/dev/null || groupadd --system postdrop
mkdir -p "${mounted[@]}"
