#!/usr/bin/env bash
# The two repositories, one commit deep. Runs as `user`.
#
#   LITELLM_REPO, LITELLM_REF            LiteLLM: remote, and a tag, branch or commit of it
#   LITELLM_DOCS_REPO, LITELLM_DOCS_REF  its documentation
set -euo pipefail
export GIT_SSL_CAINFO=/etc/ssl/certs/combined-ca.crt

fetch() {
    local folder=$1 remote=$2 ref=$3 public=$4
    git init --quiet "$folder"
    git -C "$folder" fetch --quiet --depth 1 "$remote" "$ref"
    git -C "$folder" checkout --quiet -B main FETCH_HEAD
    # Whatever it was built from, pulls and pushes go to the public one.
    git -C "$folder" remote add origin "$public"
}

fetch /home/user/litellm "$LITELLM_REPO" "$LITELLM_REF" https://github.com/BerriAI/litellm.git
fetch /home/user/litellm-docs "$LITELLM_DOCS_REPO" "$LITELLM_DOCS_REF" \
    https://github.com/BerriAI/litellm-docs.git
