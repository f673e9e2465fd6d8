#!/bin/sh
# kustoms in a container, on whatever runs one: the repository is the working
# directory, and the reports are in kustoms-reports afterwards.
set -eu
exec docker run --rm --read-only --network none --cap-drop ALL --security-opt no-new-privileges \
  --user "$(id -u):$(id -g)" --volume "$PWD:/src" --workdir /src \
  "${KUSTOMS_IMAGE:-ghcr.io/kustoms-dev/kustoms:1.0.0}" ci "$@"
