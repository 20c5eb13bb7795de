#!/bin/sh
# Writes the certificates of this folder anew. They protect nothing: their key is public.
# Usage: ./make.sh, with OpenSSL 3.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

past=20200101000000Z
over=20200102000000Z
next=21190101000000Z
far=21200101000000Z

cat >"$work/ca.cnf" <<EOF
[ca]
default_ca=it
[it]
database=$work/index
new_certs_dir=$work
serial=$work/serial
certificate=ca.pem
private_key=$work/ca.key
default_md=sha256
policy=any
unique_subject=no
[any]
commonName=optional
EOF
: >"$work/index"
openssl rand -hex 8 >"$work/serial"

# certify NAME KEY SUBJECT EXTENSIONS FROM TO OPTIONS...: NAME.pem
certify() {
  name=$1 key=$2 subject=$3 extensions=$4 from=$5 to=$6
  shift 6
  openssl req -new -key "$key" -subj "$subject" -out "$work/csr"
  printf '%b\n' "$extensions" >"$work/ext"
  openssl ca -batch -notext -config "$work/ca.cnf" -in "$work/csr" -extfile "$work/ext" \
    -startdate "$from" -enddate "$to" -out "$name.pem" "$@" 2>/dev/null
}
sign() { certify "$1" key.pem "$2" "basicConstraints=CA:FALSE\n$3" "$4" "$5"; }
new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

new_key "$work/ca.key"
certify ca "$work/ca.key" '/CN=Test authority' 'basicConstraints=critical,CA:TRUE' $past $far -selfsign

new_key key.pem
sign valid '/CN=nobody looks here' 'subjectAltName=DNS:mx.example.org,DNS:MAIL.example.org,IP:127.0.0.1' $past $far
sign expired '/CN=expired' 'subjectAltName=DNS:mx.example.org' $past $over
sign not-yet '/CN=not yet' 'subjectAltName=DNS:mx.example.org' $next $far
sign wildcard '/CN=wildcard' 'subjectAltName=DNS:*.example.org' $past $far
sign partial-wildcard '/CN=partial' 'subjectAltName=DNS:m*.example.org,DNS:*x.example.org' $past $far
sign inner-wildcard '/CN=inner' 'subjectAltName=DNS:mx.*.org,DNS:*.*.org,DNS:*' $past $far
sign cn-only '/CN=mx.example.org' '' $past $far
sign cn-beside-ip '/CN=mx.example.org' 'subjectAltName=IP:127.0.0.1' $past $far
sign a-label '/CN=idn' 'subjectAltName=DNS:xn--mx-eka.example.org' $past $far
certify self-signed key.pem '/CN=self' 'subjectAltName=DNS:mx.example.org' $past $far -selfsign -keyfile key.pem
