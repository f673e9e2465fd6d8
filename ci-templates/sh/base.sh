#!/bin/sh
# Make the place where HEAD and another revision part known to this clone, for
# `kustoms scan --base`, and print the revision. CI clones are shallow: history
# is fetched step by step, and only if it is missing.
#
# Usage: base.sh REVISION [BRANCH]
#
# REVISION is what to compare with; BRANCH is the branch to fetch it from when
# it is not in the clone.
set -eu

revision=$1
branch=${2:-}

parts() { git merge-base HEAD "$revision" >/dev/null 2>&1; }

# get fetches history from origin, never asking for a password.
get() { GIT_TERMINAL_PROMPT=0 git fetch --quiet --no-tags --no-recurse-submodules "$@" >&2; }

case $revision in
  -* | '') echo "kustoms: error: not a revision: \"$revision\"" >&2 && exit 2 ;;
esac
if ! git rev-parse --quiet --verify "$revision^{commit}" >/dev/null 2>&1; then
  if [ -n "$branch" ]; then
    get --depth=1 origin "+refs/heads/$branch:refs/remotes/origin/$branch" || true
  else
    get --depth=1 origin "$revision" || true
  fi
fi
for more in --deepen=50 --deepen=500 --unshallow; do
  if parts || [ "$(git rev-parse --is-shallow-repository)" = false ]; then
    break
  fi
  # The branches by name: what a pull request's clone tracks is HEAD alone.
  # A fetch of one commit cannot fail the rest, so each goes on its own.
  get "$more" origin || true
  if [ -n "$branch" ] && ! parts && [ "$(git rev-parse --is-shallow-repository)" = true ]; then
    get "$more" origin "+refs/heads/$branch:refs/remotes/origin/$branch" || true
  fi
done
if ! parts; then
  echo "kustoms: error: where HEAD and $revision part is not in this clone, and could not be fetched" >&2
  echo "kustoms: hint: clone with full history, or with credentials that last" >&2
  exit 3
fi
echo "$revision"
