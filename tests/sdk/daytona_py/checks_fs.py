"""Files and folders: contract 2.5 and 3.6."""

import io
import os
import pathlib
import tempfile
import threading

from daytona import (
    DaytonaBadRequestError,
    DaytonaConflictError,
    DaytonaForbiddenError,
    DaytonaNotFoundError,
    FileDownloadRequest,
    FileUpload,
)
from daytona.common.errors import DaytonaError

from flavours import check


@check()
async def round_trip(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        content = bytes(range(256)) * 300
        await sdk.of(fs.upload_file(content, "/home/user/up/loaded.bin"))
        assert await sdk.of(fs.download_file("/home/user/up/loaded.bin")) == content
        # Relative paths are below the work directory.
        assert await sdk.of(fs.download_file("up/loaded.bin")) == content
        await sdk.of(fs.upload_file(b"", "empty"))
        assert await sdk.of(fs.download_file("empty")) == b""
        # An existing file is written in place and keeps its mode.
        await sdk.of(fs.set_file_permissions("empty", mode="600"))
        await sdk.of(fs.upload_file(b"again", "empty"))
        assert (await sdk.of(fs.get_file_info("empty"))).permissions == "0600"


@check()
async def names(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        for name in ("with space", "ünïcödé ✓", "q'uo\"te", "a&b=c?d#e", "100%25", ".hidden", "-dash", "semi;colon"):
            await sdk.of(fs.upload_file(name.encode(), f"odd/{name}"))
            assert await sdk.of(fs.download_file(f"odd/{name}")) == name.encode(), name
            info = await sdk.of(fs.get_file_info(f"odd/{name}"))
            assert (info.name, info.size) == (name, len(name.encode())), info
        assert len(await sdk.of(fs.list_files("odd"))) == 8


@check()
async def local_files(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        with tempfile.TemporaryDirectory() as folder:
            here = pathlib.Path(folder)
            (here / "a").write_bytes(b"from a local file")
            await sdk.of(fs.upload_file(str(here / "a"), "a"))
            await sdk.of(fs.download_file("a", str(here / "new" / "b")))
            assert (here / "new" / "b").read_bytes() == b"from a local file"
            missing = "file not found: none"
            action = lambda: fs.download_file("none", str(here / "c"))  # noqa: E731
            await sdk.raises(DaytonaNotFoundError, action, missing, 404)


@check()
async def many_at_once(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        with tempfile.NamedTemporaryFile() as local:
            local.write(b"local")
            local.flush()
            await sdk.of(
                fs.upload_files(
                    [
                        FileUpload(source=b"one", destination="up/1.txt"),
                        FileUpload(source=b"", destination="up/ 2 .txt"),
                        FileUpload(source=local.name, destination="up/deeper/3.txt"),
                    ]
                )
            )
        assert [entry.name for entry in await sdk.of(fs.list_files("up"))] == [" 2 .txt", "1.txt", "deeper"]
        asked = [FileDownloadRequest(source=path) for path in ("up/1.txt", "up/none", "up", "up/deeper/3.txt")]
        got = await sdk.of(fs.download_files(asked))
        assert [one.source for one in got] == [one.source for one in asked], got
        assert (got[0].result, got[0].error) == (b"one", None), got
        assert got[1].result is None and "file not found: up/none" in got[1].error, got
        assert (got[1].error_details.status_code, got[1].error_details.code) == (404, "FILE_NOT_FOUND"), got
        assert "path points to a directory" in got[2].error, got
        assert (got[2].error_details.status_code, got[2].error_details.code) == (400, "INVALID_FILE_PATH"), got
        assert got[3].result == b"local", got
        assert await sdk.of(fs.download_files([])) == []


@check()
async def streamed(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        content = os.urandom(700_000)
        sent, received = [], []
        upload = fs.upload_file_stream(io.BytesIO(content), "big", on_progress=lambda p: sent.append(p.bytes_sent))
        await sdk.of(upload)
        assert sent and sent[-1] == len(content) and sent == sorted(sent), sent
        stream = await sdk.of(fs.download_file_stream("big", on_progress=received.append))
        chunks = await sdk.items(stream)
        assert b"".join(chunks) == content
        assert received[-1].bytes_received == len(content) == received[-1].total_bytes, received[-1]
        missing = lambda: _drained(sdk, fs, "none")  # noqa: E731
        await sdk.raises(DaytonaNotFoundError, missing, "file not found: none", 404)
        await sdk.raises(DaytonaBadRequestError, lambda: _drained(sdk, fs, "."), "points to a directory", 400)


async def _drained(sdk, fs, path):
    return await sdk.items(await sdk.of(fs.download_file_stream(path)))


@check()
async def cancelled(sdk):
    async with sdk.sandbox() as sandbox:
        stop = threading.Event()
        stop.set()
        action = lambda: sandbox.fs.upload_file_stream(b"x", "never", cancel_event=stop)  # noqa: E731
        await sdk.raises(DaytonaError, action, "Upload cancelled: never")
        await sdk.raises(DaytonaNotFoundError, lambda: sandbox.fs.get_file_info("never"), "", 404)


@check()
async def listing(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        await sdk.of(sandbox.process.exec("mkdir -p l/b/c/d; touch l/.dot l/a l/b/x l/b/c/y; ln -s none l/dangling"))
        entries = await sdk.of(fs.list_files("l"))
        # Sorted by name, dotfiles included, one level, and no dangling links.
        assert [(entry.name, entry.is_dir) for entry in entries] == [(".dot", False), ("a", False), ("b", True)]
        deep = await sdk.of(fs.list_files("l", depth=2))
        assert {"b", "x", "c"} <= {entry.name for entry in deep}, deep
        assert "d" not in {entry.name for entry in deep}, deep
        await sdk.raises(DaytonaError, lambda: fs.list_files("l", depth=0), "depth must be at least 1")
        gone = "Failed to list files: "
        await sdk.raises(DaytonaNotFoundError, lambda: fs.list_files("/no/such"), gone, 404)
        await sdk.raises(DaytonaBadRequestError, lambda: fs.list_files("l/a"), gone, 400)


@check()
async def information(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        await sdk.of(sandbox.process.exec("printf hello > f; chmod 640 f; mkdir -m 750 d; ln -s d link"))
        info = await sdk.of(fs.get_file_info("f"))
        assert (info.name, info.size, info.mode, info.is_dir) == ("f", 5, "-rw-r-----", False), info
        assert info.permissions == "0640" and info.owner.isdigit() and info.group.isdigit(), info
        assert info.mod_time, info
        info = await sdk.of(fs.get_file_info("d"))
        assert (info.name, info.mode, info.is_dir, info.permissions) == ("d", "drwxr-x---", True, "0750"), info
        # Links are followed, and nothing shows that there was one.
        info = await sdk.of(fs.get_file_info("link"))
        assert info.is_dir, info
        missing = "Failed to get file info: "
        await sdk.raises(DaytonaNotFoundError, lambda: fs.get_file_info("/no/such"), missing, 404)


@check()
async def folders(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        await sdk.of(fs.create_folder("tree/below", "750"))
        assert (await sdk.of(fs.get_file_info("tree/below"))).mode == "drwxr-x---"
        # An existing one is left as it is.
        await sdk.of(fs.create_folder("tree/below", "700"))
        assert (await sdk.of(fs.get_file_info("tree/below"))).mode == "drwxr-x---"
        await sdk.of(fs.upload_file(b"x", "tree/file"))
        refused = "Failed to create folder: "
        await sdk.raises(DaytonaBadRequestError, lambda: fs.create_folder("tree/file", "755"), refused, 400)
        await sdk.raises(DaytonaBadRequestError, lambda: fs.create_folder("tree/odd", "rwx"), refused, 400)


@check()
async def deletion(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        await sdk.of(sandbox.process.exec("mkdir -p d/e; touch d/f g; ln -s g link; ln -s none dangling"))
        await sdk.of(fs.delete_file("d/f"))
        refused = "cannot delete directory without recursive flag"
        await sdk.raises(DaytonaBadRequestError, lambda: fs.delete_file("d"), refused, 400)
        await sdk.raises(DaytonaBadRequestError, lambda: fs.delete_file("d/e"), refused, 400)
        await sdk.of(fs.delete_file("d", recursive=True))
        await sdk.raises(DaytonaNotFoundError, lambda: fs.delete_file("d"), "Failed to delete file: ", 404)
        await sdk.of(fs.delete_file("link"))
        await sdk.raises(DaytonaNotFoundError, lambda: fs.delete_file("dangling"), "", 404)
        assert [entry.name for entry in await sdk.of(fs.list_files(".")) if not entry.name.startswith(".")] == ["g"]


@check()
async def moving(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        await sdk.of(fs.upload_file(b"one", "m/a"))
        await sdk.of(fs.upload_file(b"two", "m/b"))
        await sdk.of(fs.create_folder("m/d", "755"))
        await sdk.of(fs.move_files("m/a", "m/d/a"))
        assert await sdk.of(fs.download_file("m/d/a")) == b"one"
        await sdk.of(fs.move_files("m/d", "m/e"))
        assert await sdk.of(fs.download_file("m/e/a")) == b"one"
        missing = "Failed to move files: "
        await sdk.raises(DaytonaNotFoundError, lambda: fs.move_files("m/a", "m/x"), missing, 404)
        await sdk.raises(DaytonaNotFoundError, lambda: fs.move_files("m/b", "no/such/x"), missing, 404)
        # It never moves into a folder.
        taken = "destination already exists"
        await sdk.raises(DaytonaConflictError, lambda: fs.move_files("m/b", "m/e"), taken, 409)
        await sdk.raises(DaytonaConflictError, lambda: fs.move_files("m/b", "m/e/a"), taken, 409)


@check()
async def permissions(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        await sdk.of(fs.upload_file(b"x", "p"))
        assert (await sdk.of(fs.get_file_info("p"))).permissions == "0644"
        await sdk.of(fs.set_file_permissions("p", mode="751"))
        assert (await sdk.of(fs.get_file_info("p"))).mode == "-rwxr-x--x"
        # Only the bits of 0777 take effect.
        await sdk.of(fs.set_file_permissions("p", mode="4711"))
        assert (await sdk.of(fs.get_file_info("p"))).mode == "-rwx--x--x"
        change = fs.set_file_permissions
        refused = "invalid mode format"
        await sdk.raises(DaytonaBadRequestError, lambda: change("p", mode="rwx"), refused, 400)
        await sdk.raises(DaytonaBadRequestError, lambda: change("p", owner="nobody-here"), "user not found", 400)
        await sdk.raises(DaytonaBadRequestError, lambda: change("p", group="nobody-here"), "group not found", 400)
        missing = "Failed to set file permissions: "
        await sdk.raises(DaytonaNotFoundError, lambda: change("none", mode="600"), missing, 404)


@check()
async def finding(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        await sdk.of(fs.upload_file(b"alpha\nbeta\nalphabet a.c\n", "t/b/x.txt"))
        await sdk.of(fs.upload_file(b"alpha\0", "t/a.bin"))
        await sdk.of(fs.upload_file(b"abc\n", "t/c.txt"))
        found = await sdk.of(fs.find_files("t", "alpha"))
        # A plain substring, in files that are not binary.
        lines = [(hit.file, hit.line, hit.content) for hit in found]
        assert lines == [("t/b/x.txt", 1, "alpha"), ("t/b/x.txt", 3, "alphabet a.c")], lines
        assert [hit.file for hit in await sdk.of(fs.find_files("t", "a.c"))] == ["t/b/x.txt"]
        assert len(await sdk.of(fs.find_files("t/c.txt", "b"))) == 1
        assert await sdk.of(fs.find_files("/no/such", "x")) == []
        assert (await sdk.of(fs.search_files("t", "*.txt"))).files == ["t/b/x.txt", "t/c.txt"]
        assert (await sdk.of(fs.search_files("t", "[ab]"))).files == ["t/b"]
        assert (await sdk.of(fs.search_files("/no/such", "*"))).files == []
        await sdk.raises(DaytonaBadRequestError, lambda: fs.find_files("t", ""), "Failed to find files: ", 400)
        await sdk.raises(DaytonaBadRequestError, lambda: fs.search_files("t", ""), "Failed to search files: ", 400)


@check()
async def replacing(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        await sdk.of(fs.upload_file(b"a.b a.b axb", "r"))
        await sdk.of(fs.set_file_permissions("r", mode="640"))
        results = await sdk.of(fs.replace_in_files(["r", "none"], "a.b", "$1"))
        assert [(one.file, one.success) for one in results] == [("r", True), ("none", False)], results
        assert "no such file or directory" in results[1].error, results
        assert await sdk.of(fs.download_file("r")) == b"$1 $1 axb"
        assert (await sdk.of(fs.get_file_info("r"))).permissions == "0640"
        refused = "Failed to replace in files: "
        await sdk.raises(DaytonaBadRequestError, lambda: fs.replace_in_files(["r"], "", "x"), refused, 400)


@check()
async def refusals(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        missing = "Failed to download file: file not found: /no/such"
        await sdk.raises(DaytonaNotFoundError, lambda: fs.download_file("/no/such"), missing, 404)
        folder = "invalid file path: path points to a directory: d"
        await sdk.of(fs.create_folder("d", "755"))
        await sdk.raises(DaytonaBadRequestError, lambda: fs.download_file("d"), folder, 400)
        refused = "/home/user/d: create: open /home/user/d: is a directory"
        failed = await sdk.raises(DaytonaError, lambda: fs.upload_file(b"x", "/home/user/d"), refused)
        assert str(failed).startswith("Failed to upload files: 400: ") and failed.status_code == 400, failed


@check("isolation")
async def denied(sdk):
    async with sdk.sandbox() as sandbox:
        fs = sandbox.fs
        closed = "permission denied: /etc/shadow"
        await sdk.raises(DaytonaForbiddenError, lambda: fs.download_file("/etc/shadow"), closed, 403)
        refused = "create: open /etc/x: permission denied"
        await sdk.raises(DaytonaError, lambda: fs.upload_file(b"x", "/etc/x"), refused, 400)
        # Root's folder is closed to the image's user.
        await sdk.raises(DaytonaForbiddenError, lambda: fs.list_files("/root"), "", 403)
