#!/usr/bin/env bash
# Debian packages and GitHub's command line.
#
#   GH_APT      apt repository of `gh`; empty takes the older one of Debian
#   GH_VERSION  its version there
set -euo pipefail
. "$(dirname "$0")/apt.sh"

apt_begin
# The cluster is made by `database.sh`; one that Debian makes would take the same port.
mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
apt_install \
    ca-certificates curl wget git openssh-client sudo locales less file jq ripgrep \
    procps iproute2 unzip xz-utils xxd \
    postgresql-15 postgresql-client-15 libpq-dev \
    build-essential pkg-config libsodium-dev libssl-dev libffi-dev \
    python3 python3-dev python3-venv python3-pip

if [[ -n $GH_APT ]]; then
    keyring=/etc/apt/keyrings/githubcli.gpg
    mkdir -p /etc/apt/keyrings
    curl --fail --silent --show-error --location --output "$keyring" \
        "$GH_APT/githubcli-archive-keyring.gpg"
    echo "deb [signed-by=$keyring] $GH_APT stable main" >/etc/apt/sources.list.d/github-cli.list
    apt-get update -q
    apt_install "gh=$GH_VERSION"
    # Updates come from the public repository, wherever this one came from.
    echo "deb [signed-by=$keyring] https://cli.github.com/packages stable main" \
        >/etc/apt/sources.list.d/github-cli.list
else
    apt_install gh
fi
apt_end

sed -i 's/^# *\(en_US.UTF-8 UTF-8\)/\1/' /etc/locale.gen
locale-gen
