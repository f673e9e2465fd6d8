#!/bin/sh
# Install the pinned development tools into bin/tools. Only `make lint` needs
# them; everything else needs Go alone.
set -eu
cd "$(dirname "$0")/.."
GOBIN="$PWD/bin/tools"
export GOBIN
go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
