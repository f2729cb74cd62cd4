"""An MCP server that is not ours: its four tools ask a platform, in the standard library's words.

`python3 server.py [MODE]`: `die` ends in the middle of the second call of a tool, `rubbish` answers
it with what is no JSON-RPC, `never` says why it does not start.
"""

import base64
import json
import os
import sys
import urllib.error
import urllib.request

MODE = sys.argv[1] if len(sys.argv) > 1 else ""
TOOLS = ["provision", "execute", "read_file", "upload_artifact"]
# What stands between this server and the platform must not be a proxy of the machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
sessions = {}
calls = 0


def ask(session, path, body):
    base = f"{os.environ['LAP_BASE_URL']}/api/v1/managed_agents/sessions/{session}"
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {os.environ['LAP_AUTH_TOKEN']}",
    }
    request = urllib.request.Request(base + path, json.dumps(body).encode(), headers)
    try:
        with OPENER.open(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"HTTP {error.code}: {json.load(error).get('error')}") from None


def call(name, given):
    if name == "provision":
        sessions[given["name"]] = given["session_id"]
        return ask(given["session_id"], "/sandbox/provision", {"name": given["name"]})["message"]
    sandbox = given["sandbox_name"]
    session = sessions[sandbox]
    if name == "execute":
        return ask(session, "/sandbox/execute", {"sandbox_name": sandbox, "cmd": given["cmd"]})["output"]
    where = {"sandbox_name": sandbox, "path": given["path"]}
    if name == "read_file":
        return ask(session, "/sandbox/read-file", where)["content"]
    shown = ask(session, "/sandbox/execute", {"sandbox_name": sandbox, "cmd": f"base64 -w0 {given['path']}"})
    content = shown["output"].strip()
    artifact = {
        "name": os.path.basename(given["path"]),
        "mime_type": "text/plain",
        "content": content,
        "size": len(base64.b64decode(content)),
    }
    return ask(session, "/artifacts", artifact)["url"]


def answered(method, params):
    global calls
    if method == "initialize":
        info = {"name": "another", "version": "1"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]}
    calls += 1
    if MODE == "die" and calls == 2:
        print("out of memory, sorry", file=sys.stderr, flush=True)
        os._exit(9)
    if MODE == "rubbish" and calls == 2:
        print("Traceback (most recent call last):", flush=True)
    try:
        text, is_error = call(params["name"], params.get("arguments", {})), False
    except Exception as error:  # pylint: disable=broad-except
        text, is_error = f"{params['name']} failed: {error}", True
    return {"content": [{"type": "text", "text": text}], "isError": is_error}


if MODE == "never":
    sys.exit("no licence for this machine")
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        result = answered(message["method"], message.get("params", {}))
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
