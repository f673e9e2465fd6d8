#!/bin/sh
# What the step kustoms runs on the agent; vars/kustoms.groovy sets the
# environment. Ends as `kustoms ci` does.
set -eu
out=$KUSTOMS_CI_OUTPUT
rm -f "$out"/kustoms.*

# Empty variables are no flags.
for name in KUSTOMS_BASE KUSTOMS_ALL KUSTOMS_OWN_POLICY KUSTOMS_FAIL_ON KUSTOMS_BASELINE KUSTOMS_CONFIG KUSTOMS_CATEGORY KUSTOMS_SHA256 KUSTOMS_MIRROR; do
  eval "[ -n \"\${$name:-}\" ]" || unset "$name"
done

if [ -n "$KUSTOMS_CI_PROGRAM" ]; then
  program=$(command -v -- "$KUSTOMS_CI_PROGRAM") || {
    echo "kustoms: error: no program \"$KUSTOMS_CI_PROGRAM\" on this agent" >&2
    exit 2
  }
else
  program=$(sh "$out/.scripts/install.sh" "$KUSTOMS_CI_VERSION" "$out/.scripts")
fi
# One argument a line, whatever it holds; empty lines are none.
set --
IFS='
'
set -f
for line in $KUSTOMS_CI_ARGS; do set -- "$@" "$line"; done
# The reports that are published are named, so that one more among the arguments
# stands beside them, not in their place.
set -- "$@" --output-dir="$out" --report=json="$out/kustoms.json" --report=sarif="$out/kustoms.sarif" \
  --report=junit-strict="$out/kustoms.xml" --report=dotenv="$out/kustoms.env" --
for line in $KUSTOMS_CI_PATHS; do set -- "$@" "$line"; done

# What a pull request is compared with may not be in the agent's clone.
"$program" ci --fetch-script "$@" >"$out/.scripts/fetch.sh"
sh "$out/.scripts/fetch.sh"
exec "$program" ci "$@"
