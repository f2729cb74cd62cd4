# Sourced by the steps that install Debian packages: from the mirror of the build, with the public
# one left in the image.
#
#   APT_MIRROR           Debian's archive
#   APT_SECURITY_MIRROR  Debian's security archive; empty for none

apt_sources() {
    local release keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    release=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
    rm -f /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources
    {
        printf 'Types: deb\nURIs: %s\nSuites: %s %s-updates\nComponents: main\nSigned-By: %s\n' \
            "$1" "$release" "$release" "$keyring"
        if [[ -n $2 ]]; then
            printf '\nTypes: deb\nURIs: %s\nSuites: %s-security\nComponents: main\nSigned-By: %s\n' \
                "$2" "$release" "$keyring"
        fi
    } >/etc/apt/sources.list.d/debian.sources
}

apt_begin() {
    export DEBIAN_FRONTEND=noninteractive
    apt_sources "$APT_MIRROR" "$APT_SECURITY_MIRROR"
    # A snapshot of the archive is older than its own lists allow.
    if [[ $APT_MIRROR == */archive/* ]]; then
        echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/90snapshot
    fi
    apt-get update -q
}

apt_install() {
    apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
}

apt_end() {
    apt-get clean
    rm -rf /var/lib/apt/lists/* /etc/apt/apt.conf.d/90snapshot
    apt_sources http://deb.debian.org/debian http://deb.debian.org/debian-security
}
