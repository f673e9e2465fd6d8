#!/usr/bin/env bash
# The steps of the GitHub Action; action.yml sets the environment.
#
#   kustoms.sh scan   install, scan, write reports, outputs, annotations, summary
#   kustoms.sh gate   end as the scan did, now that its reports are published
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
  echo "::error title=kustoms::$1"
  exit "${2:-2}"
}

# oneof NAME VALUE WORD... refuses a value that would be taken for its opposite.
oneof() {
  local name=$1 value=$2 word
  shift 2
  for word in "$@"; do
    [ "$value" != "$word" ] || return 0
  done
  fail "input $name is one of $*"
}

# program prints the path of kustoms, installing it if it must.
program() {
  if [ -n "$INPUT_PROGRAM" ]; then
    command -v -- "$INPUT_PROGRAM" || fail "no program at the input program"
    return
  fi
  local version=$INPUT_VERSION
  if [ -z "$version" ]; then
    version=${ACTION_REF:-}
    [[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+ ]] ||
      fail "the input version is needed, because this action is not used by a release's tag"
  fi
  sh "$here/../sh/install.sh" "$version" "${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}"
}

# lines VALUE prints the lines that say something, without blanks around.
lines() { printf '%s\n' "$1" | sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d'; }

scan() {
  oneof upload "$INPUT_UPLOAD" true false
  oneof annotations "$INPUT_ANNOTATIONS" true false
  oneof summary "$INPUT_SUMMARY" true false
  oneof incomplete "$INPUT_INCOMPLETE" fail warn
  oneof policy-from-base "$INPUT_POLICY_FROM_BASE" true false
  local tool out=$INPUT_OUTPUT args=() line code=0
  tool=$(program)
  out=${out:-$RUNNER_TEMP/kustoms-${GITHUB_ACTION//[!A-Za-z0-9_]/-}}
  mkdir -p "$out"
  rm -f "$out"/kustoms.{json,sarif,html,env}

  # kustoms ci knows the event, its base and the reports; what is said here is
  # what the inputs ask for otherwise.
  case $INPUT_BASE in
    auto) ;;
    none | '') args+=(--all) ;;
    *) args+=("--base=$INPUT_BASE") ;;
  esac
  [ "$INPUT_POLICY_FROM_BASE" = true ] || args+=(--own-policy)
  [ -z "$INPUT_FAIL_ON" ] || args+=("--fail-on=$INPUT_FAIL_ON")
  [ -z "$INPUT_BASELINE" ] || args+=("--baseline=$INPUT_BASELINE")
  [ -z "$INPUT_CONFIG" ] || args+=("--config=$INPUT_CONFIG")
  [ -z "$INPUT_CATEGORY" ] || args+=("--category=$INPUT_CATEGORY")
  [ "$INPUT_SUMMARY" = true ] || export GITHUB_STEP_SUMMARY=
  # The reports that later steps read are named, so that one more in the input
  # args stands beside them, not in their place.
  args+=(--ci-platform=github "--output-dir=$out" "--report=json=$out/kustoms.json" "--report=sarif=$out/kustoms.sarif" "--report=html=$out/kustoms.html"
    "--report=dotenv=$out/kustoms.env" "--report=github-annotations=$out/annotations")
  while IFS= read -r line; do args+=("$line"); done < <(lines "$INPUT_ARGS")
  args+=(--)
  while IFS= read -r line; do args+=("$line"); done < <(lines "$INPUT_PATHS")

  # The report quotes the repository, which may be a stranger's: no line of it
  # is a command to the runner.
  local token
  token=kustoms-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::group::kustoms"
  echo "::stop-commands::$token"
  if "$tool" ci --fetch-script "${args[@]}" >"$out/fetch.sh" && sh "$out/fetch.sh"; then
    "$tool" ci "${args[@]}" || code=$?
  else
    code=2
  fi
  echo "::$token::"
  echo "::endgroup::"

  echo "code=$code" >>"$GITHUB_OUTPUT"
  case $code in
    0 | 1 | 3) ;;
    *) fail "kustoms ended with $code and scanned nothing; the log says why" "$code" ;;
  esac
  [ "$INPUT_ANNOTATIONS" = false ] || cat "$out/annotations"
  {
    sed -n -e 's/^KUSTOMS_GATE=/gate=/p' -e 's/^KUSTOMS_FINDINGS=/findings=/p' -e 's/^KUSTOMS_FAILING=/failing=/p' "$out/kustoms.env"
    echo "sarif=$out/kustoms.sarif"
    echo "json=$out/kustoms.json"
    echo "html=$out/kustoms.html"
  } >>"$GITHUB_OUTPUT"
}

gate() {
  if [ "${UPLOAD_OUTCOME:-}" = failure ]; then
    if [ "${READ_ONLY:-}" = true ]; then
      echo "::warning title=kustoms::the SARIF could not be uploaded with this pull request's read-only token; findings are in the annotations and the summary"
    else
      fail "the SARIF could not be uploaded: give the job the permission security-events: write, or set upload to false where code scanning is not available" 3
    fi
  fi
  case ${CODE:-} in
    0) ;;
    1) fail "the gate failed; the findings are in the summary" 1 ;;
    3)
      [ "$INPUT_INCOMPLETE" = warn ] ||
        fail "incomplete: something could not be rendered or read; the summary says what" 3
      echo "::warning title=kustoms::incomplete: something could not be rendered or read; the summary says what"
      ;;
    *) fail "the scan left no result" 3 ;;
  esac
}

case ${1:-} in
  scan | gate) "$1" ;;
  *) fail "usage: kustoms.sh scan|gate" ;;
esac
