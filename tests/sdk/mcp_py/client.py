"""The official Python client of the Model Context Protocol before `cutover mcp`: lists the tools and
uses each, over the standard streams and over HTTP. Prints `ok WAY.WHAT` for what went well.
"""

import asyncio
import os
import signal
import subprocess
import urllib.request

from mcp import Client, StdioServerParameters

CUTOVER = os.environ["CUTOVER"]
SETTINGS = {name: os.environ[name] for name in ("LAP_BASE_URL", "LAP_AUTH_TOKEN")}
SESSION = os.environ["SESSION"]
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


async def use(way, server):
    async with Client(server) as client:

        async def call(tool, /, **arguments):
            result = await client.call_tool(tool, arguments)
            [part] = result.content
            return part.text, bool(result.is_error)

        def ok(what):
            print(f"ok {way}.{what}", flush=True)

        tools = (await client.list_tools()).tools
        names = sorted(tool.name for tool in tools)
        assert names == ["execute", "provision", "read_file", "upload_artifact"], names
        assert all(tool.input_schema["type"] == "object" for tool in tools)
        ok("tools")
        text, is_error = await call("provision", name=way, session_id=SESSION)
        assert way in text and not is_error, text
        ok("provision")
        here = {"sandbox_name": way, "session_id": SESSION}
        shown = await call("execute", **here, cmd=f"printf 'é\\n%s' {way} >/tmp/note; cat /tmp/note")
        assert shown == (f"é\n{way}", False), shown
        ok("execute")
        shown = await call("read_file", **here, path="/tmp/note")
        assert shown == (f"é\n{way}", False), shown
        ok("read_file")
        url, is_error = await call("upload_artifact", **here, path="/tmp/note")
        assert not is_error, url
        with OPENER.open(url) as kept:
            assert kept.read().decode() == f"é\n{way}"
        ok("upload_artifact")
        text, is_error = await call("read_file", **here, path="/tmp/none")
        assert is_error, text
        text, is_error = await call("execute", **here, cmd="exit 7")
        assert is_error and "[exit code 7]" in text, text
        ok("errors")


async def main():
    command = StdioServerParameters(command=CUTOVER, args=["mcp"], env=SETTINGS)
    await use("streams", command)
    served = subprocess.Popen([CUTOVER, "mcp", "--listen", "127.0.0.1:0"], env=SETTINGS, stdout=subprocess.PIPE)
    try:
        await use("http", served.stdout.readline().decode().strip())
    finally:
        served.send_signal(signal.SIGTERM)
        assert served.wait() == 0


asyncio.run(main())
