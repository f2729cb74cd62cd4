"""Preview addresses of a port in the sandbox: contract 1.5 and 2.1.

A preview host has the port and the sandbox in its name. A test machine need not resolve it: the
request goes to the stand-in's own address with that name in the Host header.
"""

import http.client
import os
import urllib.parse

from flavours import check

SERVER = (
    "printf served > index.html\n"
    "nohup python3 -m http.server {port} --bind 127.0.0.1 >server.log 2>&1 </dev/null &\n"
)


async def _serve(sdk, sandbox, port):
    await sdk.of(sandbox.process.exec(SERVER.format(port=port)))
    probe = f"python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}))'"

    async def up():
        return (await sdk.of(sandbox.process.exec(probe, timeout=20))).exit_code == 0

    await sdk.until(up, "the server in the sandbox listens")


def _fetch(url, headers=(), path="/"):
    """Status and body of a GET of a preview address."""
    asked = urllib.parse.urlsplit(url)
    standin = urllib.parse.urlsplit(os.environ["DAYTONA_API_URL"])
    connection = http.client.HTTPConnection(standin.hostname, standin.port, timeout=20)
    try:
        connection.request("GET", path, headers={"Host": asked.netloc, **dict(headers)})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _port():
    """A port of this check's own: without isolation, sandboxes share the machine's."""
    import random

    return random.randint(20000, 29999)


@check("python3")
async def link(sdk):
    async with sdk.sandbox() as sandbox:
        port = _port()
        await _serve(sdk, sandbox, port)
        link = await sdk.of(sandbox.get_preview_link(port))
        host = urllib.parse.urlsplit(link.url).hostname
        assert link.sandbox_id == sandbox.id and link.token, link
        assert host.startswith(f"{port}-{sandbox.id}."), link.url
        token = {"X-Daytona-Preview-Token": link.token}
        assert _fetch(link.url, token) == (200, b"served")
        assert _fetch(link.url, path=f"/?DAYTONA_SANDBOX_AUTH_KEY={link.token}")[0] in (200, 307, 302)
        bearer = {"Authorization": f"Bearer {os.environ['DAYTONA_API_KEY']}"}
        assert _fetch(link.url, bearer)[0] == 200
        assert _fetch(link.url)[0] in (307, 401), "a private preview is shown to anybody"
        assert _fetch(link.url, {"X-Daytona-Preview-Token": "wrong"})[0] in (307, 401)
        await sdk.of(sandbox.set_public(True))
        assert _fetch(link.url) == (200, b"served")


@check("python3")
async def signed_link(sdk):
    async with sdk.sandbox() as sandbox:
        port = _port()
        await _serve(sdk, sandbox, port)
        signed = await sdk.of(sandbox.create_signed_preview_url(port, expires_in_seconds=300))
        host = urllib.parse.urlsplit(signed.url).hostname
        assert (signed.sandbox_id, signed.port) == (sandbox.id, port), signed
        assert host.startswith(f"{port}-{signed.token}."), signed.url
        assert _fetch(signed.url) == (200, b"served")
        await sdk.of(sandbox.expire_signed_preview_url(port, signed.token))
        assert _fetch(signed.url)[0] == 401, "an expired address still works"


@check()
async def nothing_listens(sdk):
    async with sdk.sandbox() as sandbox:
        port = _port()
        link = await sdk.of(sandbox.get_preview_link(port))
        status, _ = _fetch(link.url, {"X-Daytona-Preview-Token": link.token})
        assert status in (400, 502), status
