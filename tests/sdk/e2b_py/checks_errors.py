"""Exception classes and texts for keys, dead sandboxes, and a service in trouble."""

import http.server
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

import e2b
from e2b import (
    AuthenticationException,
    InvalidArgumentException,
    RateLimitException,
    SandboxException,
    SandboxNotFoundException,
    ServiceBusyException,
    TimeoutException,
)
from e2b.exceptions import SandboxNotRunningException

from frame import equal
from kit import twin


@twin("errors.key")
async def key(kit):
    for wrong, text in (("e2b_" + "0" * 40, "Cannot get the team for the given API key"),
                        ("sk_1234", "Invalid API key format")):
        expected = f"401: Unauthorized, please check your credentials. - {text}"
        await kit.raises(AuthenticationException, lambda w=wrong: kit.Sandbox.create(api_key=w), exact=expected)
        await kit.raises(AuthenticationException, kit.Sandbox.list(api_key=wrong).next_items, exact=expected)
        await kit.raises(AuthenticationException, lambda w=wrong: kit.Sandbox.kill("i" + "0" * 20, api_key=w),
                         exact=expected)


@twin("errors.key_unset")
async def key_unset(kit):
    # The setting is of the whole process, so a process of its own goes without.
    name = kit.Sandbox.__name__
    call = f"{name}.create()" if not kit.is_async else f"asyncio.run({name}.create())"
    text = f"import asyncio, e2b\nfrom e2b import {name}\ntry:\n    {call}\n" \
        "except e2b.AuthenticationException as error:\n    print(error)"
    env = {key: value for key, value in os.environ.items() if key != "E2B_API_KEY"}
    done = subprocess.run([sys.executable, "-c", text], env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(
        "API key is required, please visit the API Keys tab at https://e2b.dev/dashboard?tab=keys to get "
        "your API key. You can either set the environment variable `E2B_API_KEY`"), (done.stdout, done.stderr)


@twin("errors.dead_sandbox")
async def dead_sandbox(kit):
    async with kit.sandbox() as sandbox:
        await kit(sandbox.kill())
        gone = SandboxNotRunningException
        text = "The sandbox was not found: The sandbox was killed or reached its timeout."
        await kit.raises(gone, lambda: sandbox.commands.run("true"), text)
        await kit.raises(gone, sandbox.commands.list, text)
        await kit.raises(gone, lambda: sandbox.commands.kill(1), text)
        await kit.raises(gone, lambda: sandbox.commands.connect(1), text)
        await kit.raises(gone, lambda: sandbox.files.read("/x"), "was not found")
        await kit.raises(gone, lambda: sandbox.files.write("/x", "x"), "was not found")
        await kit.raises(gone, lambda: sandbox.files.list("/"), text)
        await kit.raises(gone, lambda: sandbox.files.exists("/"), text)
        named = f"Sandbox {sandbox.sandbox_id} not found"
        await kit.raises(SandboxNotFoundException, lambda: sandbox.set_timeout(5), exact=named)
        await kit.raises(SandboxNotFoundException, sandbox.get_info, exact=named)
        await kit.raises(SandboxNotFoundException, sandbox.pause, exact=named)
        await kit.raises(SandboxNotFoundException, sandbox.connect,
                         exact=f"Paused sandbox {sandbox.sandbox_id} not found")


@twin("errors.killed_in_flight")
async def killed_in_flight(kit):
    async with kit.sandbox() as sandbox:
        handle = await kit(sandbox.commands.run("exec sleep 300", background=True, timeout=0))
        equal(await kit(sandbox.kill()), True)
        await kit.raises(SandboxNotRunningException, handle.wait,
                         "The sandbox was killed or reached its end of life while the request was in flight.")


@twin("errors.arguments")
async def arguments(kit):
    async with kit.sandbox() as sandbox:
        await kit.raises(InvalidArgumentException, lambda: sandbox.pause(mode="half"))
        await kit.raises(InvalidArgumentException, lambda: sandbox.connect(on_resume="maybe"))
        await kit.raises(InvalidArgumentException, lambda: sandbox.fork(count=0))
        await kit.raises(InvalidArgumentException, lambda: kit.Sandbox.create(retries=-1), "retries")


class _Trouble(http.server.BaseHTTPRequestHandler):
    """Passes control requests on to the stand-in, after as many refusals as the server was given."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body):
        self.send_response(status)
        self.close_connection = True
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        # The service goes away with its check; nothing of it may stay in the SDK's pool.
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        """The request's body, whole: the async client sends it chunked."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def do_POST(self):
        body = self.body()
        server = self.server
        server.seen.append((self.command, self.path, self.headers.get("Idempotency-Key")))
        if server.refusals:
            status, headers, text = server.refusals.pop(0)
            self.answer(status, [("Content-Type", "application/json"), *headers], text.encode())
            return
        onwards = urllib.request.Request(os.environ["E2B_API_URL"] + self.path, method=self.command,
                                         data=body or None)
        for name in ("Content-Type", "X-API-KEY", "Idempotency-Key"):
            if self.headers.get(name):
                onwards.add_header(name, self.headers[name])
        try:
            reply = urllib.request.urlopen(onwards, timeout=30)
        except urllib.error.HTTPError as refused:
            reply = refused
        with reply:
            self.answer(reply.status, [("Content-Type", "application/json")], reply.read())

    do_GET = do_DELETE = do_POST


class trouble:
    """A service that refuses the first requests and is the stand-in afterwards."""

    def __init__(self, *refusals):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Trouble)
        self.server.refusals = list(refusals)
        self.server.seen = []
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def seen(self):
        return self.server.seen


def body(code, message="M"):
    return f'{{"code":{code},"message":"{message}"}}'


@twin("errors.retried")
async def retried(kit):
    refusals = [(503, [("Should-Retry", "true"), ("Retry-After", "0")], body(503)),
                (429, [("Retry-After", "0")], body(429))]
    key = str(uuid.uuid4())
    with trouble(*refusals) as service:
        sandbox = await kit(kit.Sandbox.create(timeout=60, api_url=service.url, idempotency_key=key))
        try:
            equal(await kit.text(sandbox, "echo there"), "there\n")
            equal([path for _, path, _ in service.seen], ["/v2/sandboxes"] * 3)
            equal({key for _, _, key in service.seen}, {key}, "retries reuse the key")
        finally:
            await kit(sandbox.kill())


@twin("errors.not_retried")
async def not_retried(kit):
    never = [("Should-Retry", "false")]
    cases = [
        (503, ServiceBusyException, "503: Service temporarily unavailable, please retry. - M"),
        (429, RateLimitException, "429: Rate limit exceeded, please try again later. - M"),
        (500, SandboxException, "500: M"),
        (403, SandboxException, "403: M"),
        (401, AuthenticationException, "401: Unauthorized, please check your credentials. - M"),
    ]
    for status, kind, text in cases:
        with trouble((status, never, body(status))) as service:
            await kit.raises(kind, lambda: kit.Sandbox.create(api_url=service.url), exact=text)
            equal(len(service.seen), 1, str(status))


@twin("errors.retries_off")
async def retries_off(kit):
    with trouble(*[(503, [], body(503))] * 3) as service:
        await kit.raises(ServiceBusyException,
                         lambda: kit.Sandbox.create(api_url=service.url, retries=0), "503: ")
        equal(len(service.seen), 1)
    with trouble(*[(503, [("Retry-After", "0")], body(503))] * 3) as service:
        await kit.raises(ServiceBusyException,
                         lambda: kit.Sandbox.create(api_url=service.url, retries=2), "503: ")
        equal(len(service.seen), 3)


@twin("errors.request_timeout")
async def request_timeout(kit):
    async with kit.sandbox() as sandbox:
        began = time.monotonic()
        # The deadline passes before the answer comes; the pipe is full, so the write waits.
        handle = await kit(sandbox.commands.run("exec sleep 300", background=True, stdin=True, timeout=0))
        await kit.raises(TimeoutException, lambda: sandbox.commands.send_stdin(
            handle.pid, "x" * 1_000_000, request_timeout=1))
        assert time.monotonic() - began < 30
        await kit(handle.kill())
        assert issubclass(e2b.SandboxNotRunningException, TimeoutException)
