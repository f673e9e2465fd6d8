#!/bin/sh
# What the step kustoms runs on the agent; vars/kustoms.groovy sets the
# environment. Ends as `kustoms scan` does.
set -eu
out=$KUSTOMS_CI_OUTPUT
rm -f "$out"/kustoms.*

# Empty variables are no flags.
for name in KUSTOMS_FAIL_ON KUSTOMS_BASELINE KUSTOMS_CONFIG KUSTOMS_CATEGORY KUSTOMS_SHA256 KUSTOMS_MIRROR; do
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
# A branch, or the commit of another build, may not be in the agent's clone.
if [ -n "$KUSTOMS_CI_BASE" ]; then
  KUSTOMS_BASE=$(sh "$out/.scripts/base.sh" "$KUSTOMS_CI_BASE" "$KUSTOMS_CI_BRANCH")
  export KUSTOMS_BASE
  if [ "$KUSTOMS_CI_POLICY" = true ]; then
    KUSTOMS_POLICY_FROM=$KUSTOMS_BASE
    export KUSTOMS_POLICY_FROM
  fi
fi

# One argument a line, whatever it holds; empty lines are none.
set --
IFS='
'
set -f
for line in $KUSTOMS_CI_ARGS; do set -- "$@" "$line"; done
set -- "$@" --report=json="$out/kustoms.json" --report=sarif="$out/kustoms.sarif" --report=junit-strict="$out/kustoms.xml" \
  --report=html="$out/kustoms.html" --report=dotenv="$out/kustoms.env" --exclude="$out/**" --
for line in $KUSTOMS_CI_PATHS; do set -- "$@" "$line"; done
exec "$program" scan "$@"
