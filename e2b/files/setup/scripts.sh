#!/usr/bin/env bash
# The sandbox's own commands and the files of its home.
set -euo pipefail
here=$(dirname "$0")/..

install -m 0755 "$here"/bin/* /usr/local/bin/
install -o user -g user -m 0644 "$here"/home/* /home/user/
