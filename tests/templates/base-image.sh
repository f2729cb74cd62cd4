#!/usr/bin/env bash
# Makes the base image of the templates where no registry can be asked: Debian bookworm, minimal.
#
#   tests/templates/base-image.sh IMAGE
#
# APT_MIRROR names another mirror of Debian's archive. Needs root, debootstrap and Docker.
set -euo pipefail
image=${1:?usage: base-image.sh IMAGE}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase bookworm "$root" "${APT_MIRROR:-http://deb.debian.org/debian}" >&2
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
tar --create --numeric-owner --one-file-system --directory "$root" . |
    docker import - "$image"
