#!/bin/sh
# Install one release of kustoms, after comparing its checksum, and print the
# path of the program. Nothing runs before the checksum is right.
#
# Usage: install.sh VERSION DIR
#
#   KUSTOMS_SHA256         expected SHA-256 of the archive. Without it the
#                          release's own checksums.txt is the reference, which
#                          finds a damaged download, not a replaced release.
#   KUSTOMS_MIRROR         where releases are: an address, or a directory. The
#                          files lie in MIRROR/vVERSION/
#                          (default: the releases on github.com)
#   KUSTOMS_MIRROR_USER, KUSTOMS_MIRROR_PASSWORD
#                          log-in of the mirror; never on a command line
set -eu

fail() {
  echo "kustoms: error: $1" >&2
  [ -z "${2:-}" ] || echo "kustoms: hint: $2" >&2
  exit 2
}

version=${1#v}
dir=$2
case $version in
  '' | *[!0-9A-Za-z.+-]*) fail "not a version: \"$version\"" "write one like 1.2.3" ;;
esac
case $(uname -s) in
  Linux) os=linux ;;
  Darwin) os=darwin ;;
  MINGW* | MSYS* | CYGWIN*) os=windows ;;
  *) fail "no release for the system $(uname -s)" "build it with Go, and name the program instead" ;;
esac
case $(uname -m) in
  x86_64 | amd64) arch=amd64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) fail "no release for the processor $(uname -m)" "build it with Go, and name the program instead" ;;
esac
program=kustoms
archive=kustoms_${version}_${os}_${arch}.tar.gz
if [ "$os" = windows ]; then
  program=kustoms.exe
  archive=kustoms_${version}_${os}_${arch}.zip
fi

work=$dir/kustoms-$version-${os}_$arch
tmp=$work.$$
mkdir -p "$tmp"
trap 'rm -rf "$tmp"' EXIT

mirror=${KUSTOMS_MIRROR:-https://github.com/kustoms-dev/kustoms/releases/download}
mirror=${mirror%/}

# fetch NAME copies or downloads a file of the release.
fetch() {
  from=$mirror/v$version/$1
  case $mirror in
    https://* | http://127.0.0.1:* | http://localhost:*) ;;
    http://*) fail "$mirror is not https" "releases are fetched over TLS, or from a directory" ;;
    *)
      cp "${from#file://}" "$tmp/$1" || fail "cannot read $from"
      return
      ;;
  esac
  # The log-in goes in by a file of ours: command lines are for all to read.
  : >"$tmp/login"
  chmod 600 "$tmp/login"
  if [ -n "${KUSTOMS_MIRROR_USER:-}" ]; then
    escaped=$(printf %s "$KUSTOMS_MIRROR_USER:${KUSTOMS_MIRROR_PASSWORD:-}" | sed 's/[\\"]/\\&/g')
    printf 'user = "%s"\n' "$escaped" >"$tmp/login"
  fi
  curl --config "$tmp/login" --fail --silent --show-error --location --proto '=https,http' --proto-redir '=https,http' \
    --retry 3 --connect-timeout 20 --max-time 300 --output "$tmp/$1" "$from" ||
    fail "cannot fetch $from" "without a way to it, set a mirror or name a program that is installed"
}

sum() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

fetch "$archive"
want=${KUSTOMS_SHA256:-}
if [ -z "$want" ]; then
  fetch checksums.txt
  want=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$tmp/checksums.txt")
  [ -n "$want" ] || fail "checksums.txt of $version does not name $archive"
fi
got=$(sum "$tmp/$archive")
want=$(printf %s "$want" | tr 'A-F' 'a-f')
[ "$got" = "$want" ] || fail "$archive has the SHA-256 $got, not $want" "it is damaged, or not what was released: do not run it"

mkdir "$tmp/out"
if [ "$os" = windows ]; then
  unzip -q "$tmp/$archive" "$program" -d "$tmp/out"
else
  tar -xzf "$tmp/$archive" -C "$tmp/out" "$program"
fi
mkdir -p "$work"
mv -f "$tmp/out/$program" "$work/$program"
echo "$work/$program"
