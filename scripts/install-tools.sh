#!/bin/sh
# Install pinned development tools into bin/tools, from Go's module proxy.
#
# Usage: install-tools.sh [lint|e2e|release]...   lint by default
#
#   lint     golangci-lint, for `make lint`
#   e2e      for `make e2e`: actionlint and act; Node, gitlab-ci-local and the
#            SARIF multitool from npm; and, where they are missing and apt-get
#            may install them, Debian's packages
#   release  goreleaser and cyclonedx-gomod, for `make release-snapshot`
set -eu
cd "$(dirname "$0")/.."
GOBIN="$PWD/bin/tools"
export GOBIN
# install MODULE@VERSION, unless an earlier run did.
install() {
  name=${1##*/}
  name=${name%@*}
  case $name in v[0-9]*) name=$(basename "$(dirname "${1%@*}")") ;; esac
  if [ -x "$GOBIN/$name" ] && go version -m "$GOBIN/$name" | awk -v want="${1#*@}" '$1 == "mod" && $3 == want { found = 1 } END { exit !found }'; then
    return
  fi
  go install "$1"
}
# system PROGRAM:PACKAGE... has Debian's packages of the programs that are missing.
system() {
  missing=
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
  done
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "install-tools.sh: install these first:$missing" >&2
    exit 2
  fi
  run=
  if [ "$(id -u)" != 0 ]; then run=sudo; fi
  $run apt-get update -q
  # shellcheck disable=SC2086 # a list
  DEBIAN_FRONTEND=noninteractive $run apt-get install -q -y --no-install-recommends $missing
}
[ $# -gt 0 ] || set -- lint
for set in "$@"; do
  case $set in
    lint) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 ;;
    e2e)
      install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
      install github.com/nektos/act@v0.2.89
      system git:git rsync:rsync curl:curl jq:jq shellcheck:shellcheck npm:npm java:openjdk-17-jre-headless groovy:groovy mvn:maven
      # The runner needs a newer Node than distributions have.
      npm install --prefix bin/tools/npm --no-audit --no-fund --silent node@24.21.0 gitlab-ci-local@4.75.1
      scripts/check-reports --install
      ;;
    release)
      install github.com/goreleaser/goreleaser/v2@v2.15.1
      install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.9.0
      ;;
    *)
      echo "install-tools.sh: no set \"$set\"" >&2
      exit 2
      ;;
  esac
done
