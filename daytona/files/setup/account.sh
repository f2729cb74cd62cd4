#!/usr/bin/env bash
# The account `user` (1000), certificates, configuration of pip and uv, and the variables of `env`
# for login shells.
set -euo pipefail
here=$(dirname "$0")/..

if ! id -u user >/dev/null 2>&1; then
    useradd --create-home --shell /bin/bash --uid 1000 user
fi
# Debian's clears the screen, which fails without one: where a login shell is asked for
# `set -e; ...; exit 0`, it would answer 1.
rm -f /home/user/.bash_logout /etc/skel/.bash_logout
cat >/etc/sudoers.d/user <<'SUDO'
user ALL=(ALL) NOPASSWD:ALL
Defaults env_keep += "SSL_CERT_FILE CURL_CA_BUNDLE GIT_SSL_CAINFO REQUESTS_CA_BUNDLE PIP_CERT"
Defaults env_keep += "NODE_EXTRA_CA_CERTS HTTP_PROXY HTTPS_PROXY NO_PROXY no_proxy"
SUDO
chmod 0440 /etc/sudoers.d/user

# Into the system's bundle too, one certificate a file as `update-ca-certificates` wants it: some
# clients know no variable.
install -m 0644 "$here/etc/cloud-vault-ca.crt" /etc/cloud-vault-ca.crt
awk '/-----BEGIN CERTIFICATE-----/ { n++ }
     n { print > ("/usr/local/share/ca-certificates/cloud-vault-" n ".crt") }' \
    /etc/cloud-vault-ca.crt
update-ca-certificates
install -m 0644 /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/combined-ca.crt

install -m 0644 "$here/etc/pip.conf" /etc/pip.conf
install -D -m 0644 "$here/etc/uv.toml" /etc/uv/uv.toml
install -D -o user -g user -m 0644 "$here/etc/npmrc" /home/user/.npmrc

# /etc/profile has just set PATH anew; all else may have been given to the sandbox and stays.
{
    echo '# Made of the file env of the template.'
    while IFS= read -r line; do
        name=${line%%=*} value=${line#*=}
        case $line in
            '' | '#'*) ;;
            PATH=*) printf "export PATH='%s'\n" "$value" ;;
            *) printf "export %s=\"\${%s-%s}\"\n" "$name" "$name" "$value" ;;
        esac
    done <"$here/env"
} >/etc/profile.d/sandbox.sh
