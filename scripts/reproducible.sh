#!/bin/sh
# Build the release's archives of HEAD twice, from clones in two places, and
# compare every byte that a release publishes. With --fresh the second build
# shares no build cache with the first, which takes as long as it sounds.
set -eu
cd "$(dirname "$0")/.."
scripts/install-tools.sh release
tools=$PWD/bin/tools
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
commit=$(git rev-parse HEAD)
for place in one another/place; do
  git clone --quiet --no-hardlinks --no-checkout . "$work/$place"
  git -C "$work/$place" checkout --quiet --detach "$commit"
  if [ "${1:-}" = --fresh ] && [ "$place" != one ]; then
    GOCACHE=$work/cache
    export GOCACHE
  fi
  (cd "$work/$place" && PATH="$tools:$PATH" goreleaser release --snapshot --clean --skip=sign,docker >"$work/log" 2>&1) || {
    cat "$work/log"
    exit 1
  }
  (cd "$work/$place/dist" && sha256sum -- *.tar.gz *.zip *.json checksums.txt | grep -v ' \(artifacts\|metadata\|config\)') >"$work/$(basename "$place").sums"
done
cat "$work/one.sums"
diff "$work/one.sums" "$work/place.sums" || {
  echo "the two builds differ" >&2
  exit 1
}
echo "the same bytes, twice"
