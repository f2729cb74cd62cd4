#!/usr/bin/env bash
# Holds the two templates equal where they must be. Prints what differs and ends with 1.
#
# A provider takes one folder as the build's context, so what both need stands in both, under
# `files`. Daytona's image has the lines of `files/env` as ENV besides.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

status=0
diff --recursive --brief e2b/files daytona/files || status=1
diff <(grep -E '^[A-Za-z_]+=' daytona/files/env) \
    <(sed -n 's/^ENV //p' daytona/daytona.Dockerfile) || status=1
# Names and defaults of the build arguments; a stage has to name again what it uses.
diff <(grep '^ARG ' e2b/e2b.Dockerfile | sort -u) \
    <(grep '^ARG ' daytona/daytona.Dockerfile | sort -u) || status=1
# The steps: what is copied from `files`, what is run, as whom.
steps() { grep -E '^(COPY files/|RUN bash |USER )' "$1"; }
diff <(steps e2b/e2b.Dockerfile) <(steps daytona/daytona.Dockerfile) || status=1
exit "$status"
