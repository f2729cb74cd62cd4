"""Files and folders, watches apart: what is written, read, listed, moved, removed and signed."""

import gzip
import io
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from e2b import (
    AuthenticationException,
    FileNotFoundException,
    FileType,
    InvalidArgumentException,
    SandboxException,
    get_signature,
)

from frame import equal, has, raises
from kit import twin


@twin("files.write_and_read")
async def write_and_read(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        written = await kit(fs.write("/tmp/dir/a b.txt", "héllo\n"))
        equal((written.path, written.name, written.type, written.metadata),
              ("/tmp/dir/a b.txt", "a b.txt", FileType.FILE, None))
        equal(await kit(fs.read("/tmp/dir/a b.txt")), "héllo\n")
        equal(await kit(fs.write("empty", "")) and await kit(fs.read("empty")), "")
        equal((await kit(fs.write("relative/x", "in home"))).path, "/home/user/relative/x")
        equal(await kit(fs.read("~/relative/x")), "in home")
        await kit(fs.write("/tmp/dir/a b.txt", "short"))
        equal(await kit(fs.read("/tmp/dir/a b.txt")), "short", "a write replaces")
        names = ["%41", "a+b", "ü😀", "a'b\"c", "-n", "x;y", "per%cent", "#h?q&e"]
        for name in names:
            await kit(fs.write(f"/tmp/odd/{name}", name))
            equal(await kit(fs.read(f"/tmp/odd/{name}")), name)
        listed = [it.name for it in await kit(fs.list("/tmp/odd"))]
        equal(sorted(listed), sorted(names))


@twin("files.bytes")
async def binary(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        data = bytes(range(256)) * 5000
        for options in ({}, {"use_octet_stream": True}, {"gzip": True}):
            await kit(fs.write("blob", data, **options))
            equal(bytes(await kit(fs.read("blob", format="bytes"))), data, str(options))
            await kit(fs.remove("blob"))
        await kit(fs.write("blob", io.BytesIO(data)))
        equal(bytes(await kit(fs.read("blob", format="bytes", gzip=True))), data, "from a file object")
        await kit(fs.write("text", io.StringIO("téxt")))
        equal(await kit(fs.read("text")), "téxt")
        stream = await kit(fs.read("blob", format="stream"))
        got = b"".join([piece async for piece in stream] if kit.is_async else list(stream))
        equal(got, data, "as a stream")
        if has("isolation"):
            equal((await kit.text(sandbox, "wc -c <blob")).strip(), str(len(data)))


@twin("files.streamed_upload")
async def streamed_upload(kit):
    async with kit.sandbox() as sandbox:
        async def pieces_later():
            for n in range(50):
                yield b"%04d" % n * 1000

        pieces = pieces_later() if kit.is_async else (b"%04d" % n * 1000 for n in range(50))
        written = await kit(sandbox.files.write("/tmp/streamed", pieces))
        equal(written.path, "/tmp/streamed")
        got = bytes(await kit(sandbox.files.read("/tmp/streamed", format="bytes")))
        equal(got, b"".join(b"%04d" % n * 1000 for n in range(50)))


@twin("files.write_files")
async def write_files(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        several = await kit(fs.write_files([{"path": "/tmp/m/one", "data": "1"},
                                            {"path": "/tmp/m/sub/two", "data": b"2"},
                                            {"path": "rel", "data": io.BytesIO(b"3")}]))
        equal([it.path for it in several], ["/tmp/m/one", "/tmp/m/sub/two", "/home/user/rel"])
        equal([await kit(fs.read(it.path)) for it in several], ["1", "2", "3"])
        equal(await kit(fs.write_files([])), [])
        many = [{"path": f"/tmp/many/{n}", "data": str(n)} for n in range(40)]
        equal(len(await kit(fs.write_files(many, use_octet_stream=True))), 40)
        equal(len(await kit(fs.list("/tmp/many"))), 40)


@twin("files.metadata")
async def metadata(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        written = await kit(fs.write("/tmp/meta", "x", metadata={"author": "me", "Kind": "a b=c"}))
        equal(written.metadata, {"author": "me", "kind": "a b=c"})
        equal((await kit(fs.get_info("/tmp/meta"))).metadata, {"author": "me", "kind": "a b=c"})
        await kit(fs.write("/tmp/meta", "y", metadata={"next": "1"}))
        equal((await kit(fs.get_info("/tmp/meta"))).metadata, {"next": "1"}, "each upload replaces the set")
        several = await kit(fs.write_files([{"path": "/tmp/m1", "data": "1"},
                                            {"path": "/tmp/m2", "data": "2"}], metadata={"k": "v"}))
        equal([it.metadata for it in several], [{"k": "v"}, {"k": "v"}])
        await kit.raises(InvalidArgumentException,
                         lambda: fs.write("/tmp/meta", "x", metadata={"k": "v" * 5000}), "metadata")


@twin("files.get_info")
async def get_info(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        await kit(fs.write("/tmp/info/file", "12345"))
        info = await kit(fs.get_info("/tmp/info/file"))
        equal((info.name, info.type, info.path, info.size, info.mode, info.permissions),
              ("file", FileType.FILE, "/tmp/info/file", 5, 0o644, "-rw-r--r--"))
        assert abs(time.time() - info.modified_time.timestamp()) < 900, info.modified_time
        equal(info.symlink_target, None)
        folder = await kit(fs.get_info("/tmp/info"))
        equal((folder.type, folder.mode, folder.permissions), (FileType.DIR, 0o755, "drwxr-xr-x"))
        await kit.raises(FileNotFoundException, lambda: fs.get_info("/tmp/nope"),
                         exact="file not found: lstat /tmp/nope: no such file or directory")
        await kit.raises(SandboxException, lambda: fs.get_info("/tmp/info/file/below"), "not a directory")


@twin("files.owner", needs=("isolation",))
async def owner(kit):
    async with kit.sandbox() as sandbox:
        await kit(sandbox.files.write("/tmp/mine", "x"))
        info = await kit(sandbox.files.get_info("/tmp/mine"))
        equal((info.owner, info.group), ("user", "user"))
        equal(await kit.text(sandbox, "stat -c %U:%a /tmp/mine"), "user:644\n")


@twin("files.symlinks", needs=("isolation",))
async def symlinks(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        await kit(fs.write("/tmp/real/file", "through"))
        await kit(sandbox.commands.run(
            "ln -s /tmp/real/file /tmp/link; ln -s /tmp/real /tmp/folder; ln -s nowhere /tmp/dangling"))
        equal(await kit(fs.read("/tmp/link")), "through")
        info = await kit(fs.get_info("/tmp/link"))
        equal((info.type, info.symlink_target, info.permissions[:1]), (FileType.FILE, "/tmp/real/file", "L"))
        equal([it.path for it in await kit(fs.list("/tmp/folder"))], ["/tmp/folder/file"])
        names = [it.name for it in await kit(fs.list("/tmp"))]
        assert "dangling" not in names and "link" in names, names
        await kit(fs.write("/tmp/link", "written"))
        equal(await kit(fs.read("/tmp/real/file")), "written", "links are written through")
        await kit(fs.remove("/tmp/folder"))
        equal(await kit(fs.exists("/tmp/real/file")), True, "removing a link leaves its target")
        equal(await kit(fs.exists("/tmp/dangling")), True)


@twin("files.list")
async def listing(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        for path in ("/tmp/l/b", "/tmp/l/a", "/tmp/l/sub/two", "/tmp/l/sub/deep/three"):
            await kit(fs.write(path, path))
        top = await kit(fs.list("/tmp/l"))
        equal([(it.path, it.type) for it in top],
              [("/tmp/l/a", FileType.FILE), ("/tmp/l/b", FileType.FILE), ("/tmp/l/sub", FileType.DIR)])
        equal([it.size for it in top[:2]], [8, 8])
        two = [it.path for it in await kit(fs.list("/tmp/l", depth=2))]
        equal(two, ["/tmp/l/a", "/tmp/l/b", "/tmp/l/sub", "/tmp/l/sub/deep", "/tmp/l/sub/two"])
        all_of_it = [it.path for it in await kit(fs.list("/tmp/l", depth=9))]
        assert "/tmp/l/sub/deep/three" in all_of_it and len(all_of_it) == 6, all_of_it
        await kit(fs.make_dir("/tmp/l/void"))
        equal(await kit(fs.list("/tmp/l/void")), [])
        await kit.raises(InvalidArgumentException, lambda: fs.list("/tmp/l", depth=0), "depth")
        await kit.raises(FileNotFoundException, lambda: fs.list("/tmp/nope"),
                         exact="path not found: lstat /tmp/nope: no such file or directory")
        await kit.raises(InvalidArgumentException, lambda: fs.list("/tmp/l/a"),
                         exact="path is not a directory: /tmp/l/a")


@twin("files.exists")
async def exists(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        equal(await kit(fs.exists("/tmp/e")), False)
        await kit(fs.write("/tmp/e", ""))
        equal(await kit(fs.exists("/tmp/e")), True)
        equal(await kit(fs.exists("/tmp")), True)


@twin("files.make_dir")
async def make_dir(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        equal(await kit(fs.make_dir("/tmp/new/deep")), True)
        equal(await kit(fs.make_dir("/tmp/new/deep")), False)
        await kit(fs.write("/tmp/new/file", "x"))
        await kit.raises(InvalidArgumentException, lambda: fs.make_dir("/tmp/new/file"),
                         exact="path already exists but it is not a directory: /tmp/new/file")
        await kit.raises(SandboxException, lambda: fs.make_dir("/tmp/new/file/below"), "not a directory")


@twin("files.rename")
async def rename(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        await kit(fs.write("/tmp/r/one", "1"))
        moved = await kit(fs.rename("/tmp/r/one", "/tmp/r/new/parents/two"))
        equal((moved.path, moved.name, moved.type), ("/tmp/r/new/parents/two", "two", FileType.FILE))
        equal(await kit(fs.exists("/tmp/r/one")), False)
        equal(await kit(fs.read("/tmp/r/new/parents/two")), "1")
        await kit(fs.write("/tmp/r/over", "old"))
        await kit(fs.rename("/tmp/r/new/parents/two", "/tmp/r/over"))
        equal(await kit(fs.read("/tmp/r/over")), "1", "a file is overwritten")
        folder = await kit(fs.rename("/tmp/r/new", "/tmp/r/folder"))
        equal(folder.type, FileType.DIR)
        await kit.raises(SandboxException, lambda: fs.rename("/tmp/r/over", "/tmp/r/folder"), "file exists")
        await kit.raises(FileNotFoundException, lambda: fs.rename("/tmp/nope", "/tmp/x"),
                         exact="source file not found: rename /tmp/nope /tmp/x: no such file or directory")


@twin("files.remove")
async def remove(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        await kit(fs.write("/tmp/rm/sub/file", "x"))
        equal(await kit(fs.remove("/tmp/rm/sub/file")), None)
        equal(await kit(fs.exists("/tmp/rm/sub/file")), False)
        await kit(fs.remove("/tmp/rm"))
        equal(await kit(fs.exists("/tmp/rm")), False)
        await kit(fs.remove("/tmp/rm"))


@twin("files.read_errors")
async def read_errors(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        await kit(fs.make_dir("/tmp/dir"))
        await kit.raises(FileNotFoundException, lambda: fs.read("/tmp/nope"),
                         exact="path '/tmp/nope' does not exist")
        await kit.raises(FileNotFoundException, lambda: fs.read("/tmp/nope", format="stream"),
                         "path '/tmp/nope' does not exist")
        await kit.raises(InvalidArgumentException, lambda: fs.read("/tmp/dir"),
                         exact="path '/tmp/dir' is a directory")
        await kit.raises(AuthenticationException, lambda: fs.read("/tmp/dir", user="nobody-here"),
                         exact="error looking up user 'nobody-here': user: unknown user nobody-here")
        await kit.raises(AuthenticationException, lambda: fs.list("/tmp", user="nobody-here"),
                         exact="invalid username: 'nobody-here'")


@twin("files.write_errors")
async def write_errors(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        await kit(fs.make_dir("/tmp/dir"))
        await kit(fs.write("/tmp/file", "x"))
        await kit.raises(InvalidArgumentException, lambda: fs.write("/tmp/dir", "x"),
                         exact="path is a directory: /tmp/dir")
        await kit.raises(SandboxException, lambda: fs.write("/tmp/file/below", "x"), "path is a file: /tmp/file")
        await kit.raises(AuthenticationException, lambda: fs.write("/tmp/y", "x", user="nobody-here"),
                         exact="error looking up user 'nobody-here': user: unknown user nobody-here")
        same = [{"path": "/tmp/same", "data": "1"}, {"path": "/tmp/same", "data": "2"}]
        await kit.raises(InvalidArgumentException, lambda: fs.write_files(same),
                         "you cannot upload multiple files to the same path '/tmp/same'")


@twin("files.users", needs=("isolation", "root"))
async def users(kit):
    async with kit.sandbox() as sandbox:
        fs = sandbox.files
        await kit(fs.write("/root/secret", "s", user="root"))
        await kit(sandbox.commands.run("chmod 600 /root/secret", user="root"))
        equal((await kit(fs.get_info("/root/secret"))).owner, "root")
        equal(await kit(fs.read("/root/secret")), "s", "the file service reads as root")
        equal(await kit(fs.read("secret", user="root")), "s", "relative to the home of the user")
        await kit(fs.write("/root/secret", "t", user="user"))
        after = await kit(fs.get_info("/root/secret"))
        equal((after.owner, after.permissions), ("user", "-rw-------"))


@twin("files.signed_download")
async def signed_download(kit):
    async with kit.sandbox() as sandbox:
        await kit(sandbox.files.write("/tmp/s/a b+c.txt", "signed"))
        for options in ({}, {"user": "user"}, {"use_signature_expiration": 60}):
            url = sandbox.download_url("/tmp/s/a b+c.txt", **options)
            assert "signature=v1_" in url and ("signature_expiration" in url) == (
                "use_signature_expiration" in options), url
            equal(urlopen(url, timeout=20).read(), b"signed", url)
        old = sandbox.download_url("/tmp/s/a b+c.txt", use_signature_expiration=-5)
        _refused(sandbox, old, "signature is already expired")
        good = sandbox.download_url("/tmp/s/a b+c.txt")
        _refused(sandbox, good.replace("signature=v1_", "signature=v1_x"), "invalid signature")
        _refused(sandbox, good.replace("%2Fs%2F", "%2Fother%2F"), "invalid signature")
        _refused(sandbox, good.partition("&")[0], "missing signature query parameter")


@twin("files.signed_upload")
async def signed_upload(kit):
    async with kit.sandbox() as sandbox:
        url = sandbox.upload_url("/tmp/up/file", use_signature_expiration=60)
        boundary = "x1234"
        body = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n"
                f"Content-Type: application/octet-stream\r\n\r\nup\r\n--{boundary}--\r\n").encode()
        kind = f"multipart/form-data; boundary={boundary}"
        urlopen(Request(url, data=body, headers={"Content-Type": kind}), timeout=20).read()
        equal(await kit(sandbox.files.read("/tmp/up/file")), "up")
        raw = Request(url, data=gzip.compress(b"packed"),
                      headers={"Content-Type": "application/octet-stream", "Content-Encoding": "gzip"})
        urlopen(raw, timeout=20).read()
        equal(await kit(sandbox.files.read("/tmp/up/file")), "packed")
        old = sandbox.upload_url("/tmp/up/file", use_signature_expiration=-5)
        _refused(sandbox, old, "signature is already expired", data=b"x")
        # Signed for writing, used for reading.
        _refused(sandbox, sandbox.upload_url("/tmp/up/file"), "invalid signature")


def _refused(sandbox, url, text, data=None):
    """A plain client gets 401 with this text. It names the sandbox, as the host would."""
    headers = {"Content-Type": "application/octet-stream", "E2b-Sandbox-Id": sandbox.sandbox_id,
               "E2b-Sandbox-Port": "49983"}
    request = Request(url, data=data, headers=headers)
    error = raises(HTTPError, lambda: urlopen(request, timeout=20))
    equal(error.code, 401, url)
    body = error.read().decode()
    assert text in body, body


@twin("files.get_signature")
async def signature(kit):
    # The test vector of the wire contract.
    made = get_signature("/tmp/a b", "read", None, "tok")
    equal(made["signature"], "v1_aYnTea2bOHCvGHpk7sDGBlJHpJso0Kp5V2bOpfVpG8U")
