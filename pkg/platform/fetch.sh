#!/bin/sh
# Brings what a comparison needs and a CI system's shallow clone lacks, from
# origin, step by step, never asking for a password. A clone that has its whole
# history keeps it. For sh; the calls stand below.
set -eu

fail() {
  echo "kustoms: error: $1" >&2
  echo "kustoms: hint: clone with full history, or leave the clone its credentials" >&2
  exit 2
}
command -v git >/dev/null 2>&1 || fail "the clone is too shallow for the comparison, and there is no git here to fetch with"

have() { git rev-parse --quiet --verify "$1^{commit}" >/dev/null 2>&1; }
parts() { git merge-base HEAD "$1" >/dev/null 2>&1; }
shallow() { [ "$(git rev-parse --is-shallow-repository)" = true ]; }
get() { GIT_TERMINAL_PROMPT=0 git fetch --quiet --no-tags --no-recurse-submodules "$@" >&2; }

# bring REVISION: origin/BRANCH, a commit, or a tag.
bring() {
  have "$1" && return
  depth=
  if shallow; then depth=--depth=1; fi
  case $1 in
    origin/*) get ${depth:+"$depth"} origin "+refs/heads/${1#origin/}:refs/remotes/$1" || true ;;
    *[!0-9a-f]*) get ${depth:+"$depth"} origin "+refs/tags/$1:refs/tags/$1" || true ;;
    *) get ${depth:+"$depth"} origin "$1" || true ;;
  esac
  have "$1" || fail "$1 is not in this clone, and could not be fetched"
}

# reach REVISION: the history back to where HEAD and it part.
reach() {
  for more in --deepen=50 --deepen=500 --unshallow; do
    # A fetch of a commit that origin does not know cannot fail the rest, so
    # each goes on its own: the revision, HEAD, and what the clone tracks.
    case $1 in
      origin/*) set -- "$1" "+refs/heads/${1#origin/}:refs/remotes/$1" ;;
      *) set -- "$1" "$1" ;;
    esac
    for what in "$2" "$(git rev-parse HEAD)" ''; do
      if parts "$1" || ! shallow; then break 2; fi
      get "$more" origin ${what:+"$what"} || true
    done
  done
  parts "$1" || fail "where HEAD and $1 part is not in this clone, and could not be fetched"
}
