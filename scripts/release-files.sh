#!/bin/sh
# Write what a release's archives hold beside the program: the man page and the
# completion scripts, printed by the program itself.
set -eu
cd "$(dirname "$0")/.."
out=build/release
rm -rf "$out"
mkdir -p "$out/completions"
CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$out/kustoms" ./cmd/kustoms
"$out/kustoms" man >"$out/kustoms.1"
"$out/kustoms" completion bash >"$out/completions/kustoms.bash"
"$out/kustoms" completion zsh >"$out/completions/_kustoms"
"$out/kustoms" completion fish >"$out/completions/kustoms.fish"
"$out/kustoms" completion powershell >"$out/completions/kustoms.ps1"
rm "$out/kustoms"
