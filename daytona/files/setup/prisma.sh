#!/usr/bin/env bash
# Prisma's command line, its engines, and the client of LiteLLM's schema. Runs as `user`.
#
#   NPM_REGISTRY    where Prisma's command line comes from
#   PRISMA_ENGINES  where its engines come from; empty leaves engines and client out, and the proxy
#                   then runs without its database
set -euo pipefail

if [[ -z $PRISMA_ENGINES ]]; then
    echo "no engines of Prisma in this image"
    exit 0
fi
export PATH=/opt/python/bin:$PATH
export NPM_CONFIG_REGISTRY=$NPM_REGISTRY PRISMA_ENGINES_MIRROR=$PRISMA_ENGINES
export NODE_EXTRA_CA_CERTS=/etc/cloud-vault-ca.crt
cd /home/user/litellm
prisma generate --schema litellm/proxy/schema.prisma
