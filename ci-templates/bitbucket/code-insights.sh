#!/bin/sh
# Show a kustoms report in Bitbucket's Code Insights: a report of the commit,
# and annotations on the lines of its pull requests.
#
# Usage: code-insights.sh REPORT.json CODE, CODE being what the scan ended with.
# Needs curl and jq. In Pipelines a proxy on localhost logs in for it.
set -eu
report=$1
code=$2
[ -e "$report" ] || exit 0 # the scan says why
proxy=${KUSTOMS_BITBUCKET_PROXY-http://localhost:29418}
url=http://api.bitbucket.org/2.0/repositories/$BITBUCKET_REPO_FULL_NAME/commit/$BITBUCKET_COMMIT/reports/kustoms

call() { # METHOD URL; the body is the standard input
  curl -fsS --retry 3 --proxy "$proxy" -X "$1" -H 'Content-Type: application/json' -d @- "$2" >/dev/null
}

# What counts: neither suppressed nor known.
counting='[.findings[] | select(.suppressed == null and ((.baseline // "new") == "new"))]'

jq --arg code "$code" "$counting as \$f | {
  title: \"kustoms\", reporter: \"kustoms\", report_type: \"SECURITY\",
  details: (if \$code == \"3\" then \"incomplete: something could not be rendered or read; the log says what\"
            else \"Helm charts, Kustomize overlays and manifests\" end),
  result: (if \$code == \"0\" then \"PASSED\" else \"FAILED\" end),
  data: ([\"critical\", \"high\", \"medium\", \"low\"] | map(. as \$s
    | {title: \$s, type: \"NUMBER\", value: ([\$f[] | select(.severity == \$s)] | length)}))
}" "$report" | call PUT "$url"

# Bitbucket takes 1000 annotations, 100 at once; the report is sorted, the worst first.
jq -c "[$counting | .[:1000] | .[] | {
  external_id: .fingerprint, annotation_type: \"VULNERABILITY\",
  path: .location.primary.path, line: .location.primary.start.line,
  severity: ({critical: \"CRITICAL\", high: \"HIGH\", medium: \"MEDIUM\"}[.severity] // \"LOW\"),
  summary: (.rule + \": \" + .message | .[:450]), details: ((.fix // .message) | .[:2000])
}] | _nwise(100)" "$report" | while IFS= read -r some; do
  printf '%s' "$some" | call POST "$url/annotations"
done
