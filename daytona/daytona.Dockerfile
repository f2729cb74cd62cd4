# The Daytona snapshot, in two stages: `base` is a usable sandbox without repositories, proxy and
# browser; the image is the last stage. README.md lists the build arguments.
ARG BASE_IMAGE=debian:bookworm-20250520-slim
FROM ${BASE_IMAGE} AS base
USER root

ARG APT_MIRROR=http://deb.debian.org/debian
ARG APT_SECURITY_MIRROR=http://deb.debian.org/debian-security
ARG GH_APT=https://cli.github.com/packages
ARG GH_VERSION=2.92.0
COPY files/setup/apt.sh /opt/template/setup/apt.sh
COPY files/setup/packages.sh /opt/template/setup/packages.sh
RUN bash /opt/template/setup/packages.sh

COPY files/env /opt/template/env
COPY files/etc /opt/template/etc
COPY files/setup/account.sh /opt/template/setup/account.sh
RUN bash /opt/template/setup/account.sh

COPY files/setup/database.sh /opt/template/setup/database.sh
RUN bash /opt/template/setup/database.sh

ARG PYTHON_INDEX=https://pypi.org/simple
COPY files/setup/languages.sh /opt/template/setup/languages.sh
RUN bash /opt/template/setup/languages.sh

COPY files/bin /opt/template/bin
COPY files/home /opt/template/home
COPY files/setup/scripts.sh /opt/template/setup/scripts.sh
RUN bash /opt/template/setup/scripts.sh
COPY entrypoint /opt/template/entrypoint
RUN install -m 0755 /opt/template/entrypoint /usr/local/bin/entrypoint

# The lines of files/env: processes of a Daytona sandbox have the image's variables. Login shells
# have them by /etc/profile.d.
ENV SSL_CERT_FILE=/etc/ssl/certs/combined-ca.crt
ENV CURL_CA_BUNDLE=/etc/ssl/certs/combined-ca.crt
ENV GIT_SSL_CAINFO=/etc/ssl/certs/combined-ca.crt
ENV REQUESTS_CA_BUNDLE=/etc/ssl/certs/combined-ca.crt
ENV PIP_CERT=/etc/ssl/certs/combined-ca.crt
ENV NODE_EXTRA_CA_CERTS=/etc/cloud-vault-ca.crt
ENV UV_NATIVE_TLS=true
ENV NO_PROXY=localhost,127.0.0.1,::1
ENV no_proxy=localhost,127.0.0.1,::1
ENV DATABASE_URL=postgresql://litellm@localhost:5432/litellm
ENV STORE_MODEL_IN_DB=True
ENV DISABLE_PROMETHEUS=true
ENV VIRTUAL_ENV=/opt/python
ENV PLAYWRIGHT_BROWSERS_PATH=/opt/ms-playwright
ENV DEBIAN_FRONTEND=noninteractive
ENV LANG=en_US.UTF-8
ENV LC_ALL=en_US.UTF-8
ENV PATH=/opt/python/bin:/home/user/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

USER user
WORKDIR /home/user
ENTRYPOINT ["/usr/local/bin/entrypoint"]

FROM base AS full
ARG LITELLM_REPO=https://github.com/BerriAI/litellm.git
ARG LITELLM_REF=v1.83.3-stable
ARG LITELLM_DOCS_REPO=https://github.com/BerriAI/litellm-docs.git
ARG LITELLM_DOCS_REF=163fdf34632bdc0a46fc0e643bd4bfd53b6ad2d5
COPY files/setup/repositories.sh /opt/template/setup/repositories.sh
RUN bash /opt/template/setup/repositories.sh

ARG PYTHON_INDEX=https://pypi.org/simple
ARG PRISMA_VERSION=0.11.0
COPY files/setup/proxy.sh /opt/template/setup/proxy.sh
RUN bash /opt/template/setup/proxy.sh

ARG NPM_REGISTRY=https://registry.npmjs.org
ARG PRISMA_ENGINES=https://binaries.prisma.sh
COPY files/setup/prisma.sh /opt/template/setup/prisma.sh
RUN bash /opt/template/setup/prisma.sh

USER root
ARG APT_MIRROR=http://deb.debian.org/debian
ARG APT_SECURITY_MIRROR=http://deb.debian.org/debian-security
ARG PLAYWRIGHT_VERSION=1.55.0
ARG BROWSER_HOST=https://cdn.playwright.dev
COPY files/setup/browser.sh /opt/template/setup/browser.sh
RUN bash /opt/template/setup/browser.sh

USER user
WORKDIR /home/user
