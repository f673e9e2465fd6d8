#!/bin/sh
# Install pinned development tools into bin/tools, from Go's module proxy.
#
# Usage: install-tools.sh [lint|e2e|gitlab|release]...   lint by default
#
#   lint     golangci-lint, for `make lint`
#   e2e      actionlint and act, for `make e2e`. Of the system it uses
#            what is there: git, curl, shellcheck, Groovy 2.4, Maven, Java 17
#   gitlab   Node and gitlab-ci-local from npm, for `make e2e-gitlab`, which needs
#            git, rsync and curl of the system as well
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
[ $# -gt 0 ] || set -- lint
for set in "$@"; do
  case $set in
    lint) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 ;;
    e2e)
      install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
      install github.com/nektos/act@v0.2.89
      ;;
    gitlab)
      # The runner needs a newer Node than distributions have.
      npm install --prefix bin/tools/npm --no-audit --no-fund --silent node@24.21.0 gitlab-ci-local@4.75.1
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
