#!/usr/bin/env bash
# Chromium for screenshots, with Playwright for Python.
#
#   PYTHON_INDEX        package index
#   PLAYWRIGHT_VERSION  version of Playwright, which settles the browser's
#   BROWSER_HOST        where Playwright's browsers come from; empty puts Debian's Chromium where
#                       Playwright looks for its own
set -euo pipefail
. "$(dirname "$0")/apt.sh"
export SSL_CERT_FILE=/etc/ssl/certs/combined-ca.crt UV_NATIVE_TLS=true VIRTUAL_ENV=/opt/python
export NODE_EXTRA_CA_CERTS=/etc/cloud-vault-ca.crt PLAYWRIGHT_BROWSERS_PATH=/opt/ms-playwright
export PATH=/opt/python/bin:$PATH

runuser -u user -- /opt/python/bin/uv pip install --no-cache --default-index "$PYTHON_INDEX" \
    --python /opt/python/bin/python "playwright==$PLAYWRIGHT_VERSION"

apt_begin
if [[ -n $BROWSER_HOST ]]; then
    PLAYWRIGHT_DOWNLOAD_HOST=$BROWSER_HOST python -m playwright install --with-deps chromium
else
    apt_install chromium fonts-liberation
    python - <<'LINKS'
"""Links Debian's Chromium to each place where Playwright looks for one without a window."""
import json
import pathlib

import playwright

listed = pathlib.Path(playwright.__file__).parent / "driver/package/browsers.json"
for browser in json.loads(listed.read_text())["browsers"]:
    name = browser["name"].replace("-", "_")
    if name not in ("chromium", "chromium_headless_shell"):
        continue
    folder = pathlib.Path("/opt/ms-playwright") / f"{name}-{browser['revision']}"
    program = "chrome" if name == "chromium" else "headless_shell"
    for place in (f"chrome-linux/{program}", f"chrome-linux64/{program}",
                  "chrome-headless-shell-linux64/chrome-headless-shell"):
        link = folder / place
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to("/usr/bin/chromium")
    (folder / "INSTALLATION_COMPLETE").touch()
LINKS
fi
apt_end
chmod -R a+rX /opt/ms-playwright
