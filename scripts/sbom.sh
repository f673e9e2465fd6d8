#!/bin/sh
# Write the CycloneDX SBOM of a built program: every module in it, as the
# toolchain recorded it. The clock and the tool's own checksums stay out, so
# that one commit gives the same bytes.
#
# Usage: sbom.sh PROGRAM FILE
set -eu
at=$(git log -1 --format=%cI)
cyclonedx-gomod bin -json -noserial -output "$2.tmp" "$1"
awk -v at="$at" '
  /^  "components": \[/ { rest = 1 }
  rest { print; next }
  /"timestamp":/ { sub(/"timestamp": "[^"]*"/, "\"timestamp\": \"" at "\"") }
  /"tools": \[/ { tools = 1 }
  tools && /"hashes": \[/ { sub(/\[.*/, "[]"); head = $0; skip = 1; next }
  skip { if (/^ *\]/) { print head (/,/ ? "," : ""); skip = tools = 0 } next }
  { print }
' "$2.tmp" >"$2"
rm "$2.tmp"
