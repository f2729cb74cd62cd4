#!/usr/bin/env bash
# Builds a template with Docker.
#
#   tests/templates/build.sh e2b|daytona|FOLDER base|full IMAGE [OPTION OF docker build ...]
#
# `base` leaves out what is slow to fetch: repositories, proxy and browser. E2B takes no stages, so
# there the Dockerfile is cut at the line that begins the rest.
set -euo pipefail
folder=${1:?usage: build.sh FOLDER base|full IMAGE [OPTION ...]}
part=${2:?base or full}
image=${3:?name of the image}
shift 3
if [[ $folder != */* ]]; then
    folder=$(dirname "${BASH_SOURCE[0]}")/../../$folder
fi
file=$(printf '%s\n' "$folder"/*.Dockerfile)

case $part in
    full)
        docker build --file "$file" --tag "$image" "$@" "$folder"
        ;;
    base)
        if grep -q '^FROM .* AS base$' "$file"; then
            docker build --file "$file" --tag "$image" --target base "$@" "$folder"
        else
            sed '/^# What the full image has besides$/,$d' "$file" |
                docker build --file - --tag "$image" "$@" "$folder"
        fi
        ;;
    *)
        echo "base or full, not $part" >&2
        exit 2
        ;;
esac
