#!/usr/bin/env bash
# LiteLLM with what its proxy needs, from the folder of the repository. Runs as `user`.
#
#   PYTHON_INDEX    package index
#   PRISMA_VERSION  the database client, which `proxy` leaves out
set -euo pipefail
export SSL_CERT_FILE=/etc/ssl/certs/combined-ca.crt VIRTUAL_ENV=/opt/python UV_NATIVE_TLS=true

cd /home/user/litellm
/opt/python/bin/uv pip install --no-cache --default-index "$PYTHON_INDEX" \
    --editable '.[proxy]' "prisma==$PRISMA_VERSION"
