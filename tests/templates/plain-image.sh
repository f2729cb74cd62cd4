#!/usr/bin/env bash
# Makes a plain image for runs in containers: Debian bookworm with what the built-in image of the
# stand-ins has, its account, shells, programs and variables, and nothing of the templates.
#
#   tests/templates/plain-image.sh IMAGE [BASE]
#
# BASE is the name of an image that `base-image.sh` made; without it one is made first. APT_MIRROR
# names another mirror of Debian's archive. The variables are those of `Machine::env` in
# crates/standin/src/daytona/toolbox/machine.rs, the well-known development values among them.
set -euo pipefail
image=${1:?usage: plain-image.sh IMAGE [BASE]}
base=${2:-$image-base}
if (($# < 2)); then
    "$(dirname "${BASH_SOURCE[0]}")/base-image.sh" "$base" >&2
fi

docker build --build-arg BASE="$base" --build-arg APT_MIRROR="${APT_MIRROR:-http://deb.debian.org/debian}" \
    --tag "$image" - <<'DOCKERFILE'
ARG BASE
FROM ${BASE}
ARG APT_MIRROR
RUN printf 'deb %s bookworm main\n' "$APT_MIRROR" >/etc/apt/sources.list \
    && apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        ca-certificates curl file gcc git jq libc6-dev locales make nodejs openssl perl \
        postgresql-client-15 procps python3 sudo unzip wget xxd \
    && rm -rf /var/lib/apt/lists/* \
    && printf 'deb http://deb.debian.org/debian bookworm main\n' >/etc/apt/sources.list \
    && sed -i 's/^# *\(en_US.UTF-8 UTF-8\)/\1/' /etc/locale.gen \
    && locale-gen \
    && printf '/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n' >/etc/shells \
    && useradd --create-home --shell /bin/bash --uid 1000 user \
    && printf 'user ALL=(ALL) NOPASSWD:ALL\n' >/etc/sudoers.d/user \
    && chmod 0440 /etc/sudoers.d/user
ENV DATABASE_URL=postgresql://user:user@localhost:5432/litellm
ENV DEBIAN_FRONTEND=noninteractive
ENV LANG=en_US.UTF-8
ENV UV_NATIVE_TLS=true
ENV LITELLM_MASTER_KEY=sk-1234
ENV LITELLM_SALT_KEY=sk-litellm-salt-dev-unsafe
ENV STORE_MODEL_IN_DB=True
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER user
WORKDIR /home/user
DOCKERFILE
