# The E2B template. E2B takes one FROM and no stages: what a build of the first part leaves out
# stands below the line "What the full image has besides". README.md lists the build arguments.
ARG BASE_IMAGE=debian:bookworm-20250520-slim
FROM ${BASE_IMAGE}
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

USER user
WORKDIR /home/user

# What the full image has besides
ARG LITELLM_REPO=https://github.com/BerriAI/litellm.git
ARG LITELLM_REF=v1.83.3-stable
ARG LITELLM_DOCS_REPO=https://github.com/BerriAI/litellm-docs.git
ARG LITELLM_DOCS_REF=163fdf34632bdc0a46fc0e643bd4bfd53b6ad2d5
COPY files/setup/repositories.sh /opt/template/setup/repositories.sh
RUN bash /opt/template/setup/repositories.sh

ARG PRISMA_VERSION=0.11.0
COPY files/setup/proxy.sh /opt/template/setup/proxy.sh
RUN bash /opt/template/setup/proxy.sh

ARG NPM_REGISTRY=https://registry.npmjs.org
ARG PRISMA_ENGINES=https://binaries.prisma.sh
COPY files/setup/prisma.sh /opt/template/setup/prisma.sh
RUN bash /opt/template/setup/prisma.sh

USER root
ARG PLAYWRIGHT_VERSION=1.55.0
ARG BROWSER_HOST=https://cdn.playwright.dev
COPY files/setup/browser.sh /opt/template/setup/browser.sh
RUN bash /opt/template/setup/browser.sh

USER user
WORKDIR /home/user
