// Files and folders: written, read, listed, moved, removed, watched and signed.

import assert from 'node:assert/strict'

import { check, raises, until } from '../frame.mjs'
import { e2b, withSandbox } from './kit.mjs'

const {
  AuthenticationError, FileNotFoundError, FileType, FilesystemEventType, InvalidArgumentError, SandboxError,
  getSignature,
} = e2b

check('files.write_and_read', () => withSandbox({}, async ({ files }) => {
  const written = await files.write('/tmp/dir/a b.txt', 'héllo\n')
  assert.deepEqual([written.path, written.name, written.type], ['/tmp/dir/a b.txt', 'a b.txt', FileType.FILE])
  assert.equal(await files.read('/tmp/dir/a b.txt'), 'héllo\n')
  await files.write('empty', '')
  assert.equal(await files.read('empty'), '')
  assert.equal((await files.write('relative/x', 'in home')).path, '/home/user/relative/x')
  await files.write('/tmp/dir/a b.txt', 'short')
  assert.equal(await files.read('/tmp/dir/a b.txt'), 'short', 'a write replaces')
  for (const name of ['%41', 'a+b', 'ü😀', `a'b"c`, '-n', 'x;y', 'per%cent', '#h?q&e']) {
    await files.write(`/tmp/odd/${name}`, name)
    assert.equal(await files.read(`/tmp/odd/${name}`), name)
  }
}))

check('files.bytes', () => withSandbox({}, async ({ files }) => {
  const data = Uint8Array.from({ length: 1_280_000 }, (_, n) => n % 251)
  const same = (got) => Buffer.compare(Buffer.from(got), Buffer.from(data)) === 0
  for (const options of [{}, { useOctetStream: true }, { gzip: true }]) {
    await files.write('blob', data.buffer, options)
    assert.ok(same(await files.read('blob', { format: 'bytes' })), JSON.stringify(options))
    await files.remove('blob')
  }
  await files.write('blob', new Blob([data]))
  assert.ok(same(await files.read('blob', { format: 'bytes', gzip: true })))
  const blob = await files.read('blob', { format: 'blob' })
  assert.ok(same(await blob.arrayBuffer()), 'as a blob')
  const pieces = []
  for await (const piece of await files.read('blob', { format: 'stream' })) pieces.push(piece)
  assert.ok(same(Buffer.concat(pieces)), 'as a stream')
}))

check('files.streamed_upload', () => withSandbox({}, async ({ files }) => {
  const stream = new Blob(['x'.repeat(200_000), 'end']).stream()
  assert.equal((await files.write('/tmp/streamed', stream)).path, '/tmp/streamed')
  assert.equal(await files.read('/tmp/streamed'), 'x'.repeat(200_000) + 'end')
}))

check('files.write_files', () => withSandbox({}, async ({ files }) => {
  const several = await files.write([{ path: '/tmp/m/one', data: '1' }, { path: '/tmp/m/sub/two', data: '2' }])
  assert.deepEqual(several.map((it) => it.path), ['/tmp/m/one', '/tmp/m/sub/two'])
  assert.equal(await files.read('/tmp/m/sub/two'), '2')
  const many = Array.from({ length: 40 }, (_, n) => ({ path: `/tmp/many/${n}`, data: `${n}` }))
  assert.equal((await files.writeFiles(many)).length, 40)
  assert.equal((await files.list('/tmp/many')).length, 40)
  assert.deepEqual(await files.writeFiles([]), [])
}))

check('files.metadata', () => withSandbox({}, async ({ files }) => {
  const written = await files.write('/tmp/meta', 'x', { metadata: { author: 'me', Kind: 'a b=c' } })
  assert.deepEqual(written.metadata, { author: 'me', kind: 'a b=c' })
  assert.deepEqual((await files.getInfo('/tmp/meta')).metadata, { author: 'me', kind: 'a b=c' })
  await files.write('/tmp/meta', 'y', { metadata: { next: '1' } })
  assert.deepEqual((await files.getInfo('/tmp/meta')).metadata, { next: '1' }, 'each upload replaces the set')
  await raises(InvalidArgumentError, () => files.write('/tmp/meta', 'x', { metadata: { k: 'v'.repeat(5000) } }), 'metadata')
}))

check('files.get_info', () => withSandbox({}, async ({ files }) => {
  await files.write('/tmp/info/file', '12345')
  const info = await files.getInfo('/tmp/info/file')
  assert.deepEqual([info.name, info.type, info.path, info.size, info.mode, info.permissions, info.symlinkTarget],
    ['file', FileType.FILE, '/tmp/info/file', 5, 0o644, '-rw-r--r--', undefined])
  assert.ok(Math.abs(Date.now() - info.modifiedTime.getTime()) < 900_000)
  const folder = await files.getInfo('/tmp/info')
  assert.deepEqual([folder.type, folder.permissions], [FileType.DIR, 'drwxr-xr-x'])
  await raises(FileNotFoundError, () => files.getInfo('/tmp/nope'), '',
    { exact: '[not_found] file not found: lstat /tmp/nope: no such file or directory' })
}))

check('files.list', () => withSandbox({}, async ({ files }) => {
  for (const path of ['/tmp/l/b', '/tmp/l/a', '/tmp/l/sub/two']) await files.write(path, path)
  const top = await files.list('/tmp/l')
  assert.deepEqual(top.map((it) => [it.path, it.type]),
    [['/tmp/l/a', FileType.FILE], ['/tmp/l/b', FileType.FILE], ['/tmp/l/sub', FileType.DIR]])
  const deep = await files.list('/tmp/l', { depth: 2 })
  assert.deepEqual(deep.map((it) => it.path), ['/tmp/l/a', '/tmp/l/b', '/tmp/l/sub', '/tmp/l/sub/two'])
  await raises(InvalidArgumentError, () => files.list('/tmp/l', { depth: 0 }), 'depth')
  await raises(FileNotFoundError, () => files.list('/tmp/nope'), '',
    { exact: '[not_found] path not found: lstat /tmp/nope: no such file or directory' })
  await raises(InvalidArgumentError, () => files.list('/tmp/l/a'), '',
    { exact: '[invalid_argument] path is not a directory: /tmp/l/a' })
}))

check('files.exists', () => withSandbox({}, async ({ files }) => {
  assert.equal(await files.exists('/tmp/e'), false)
  await files.write('/tmp/e', '')
  assert.equal(await files.exists('/tmp/e'), true)
}))

check('files.make_dir', () => withSandbox({}, async ({ files }) => {
  assert.equal(await files.makeDir('/tmp/new/deep'), true)
  assert.equal(await files.makeDir('/tmp/new/deep'), false)
  await files.write('/tmp/new/file', 'x')
  await raises(InvalidArgumentError, () => files.makeDir('/tmp/new/file'), '',
    { exact: '[invalid_argument] path already exists but it is not a directory: /tmp/new/file' })
}))

check('files.rename', () => withSandbox({}, async ({ files }) => {
  await files.write('/tmp/r/one', '1')
  const moved = await files.rename('/tmp/r/one', '/tmp/r/new/two')
  assert.deepEqual([moved.path, moved.name, moved.type], ['/tmp/r/new/two', 'two', FileType.FILE])
  assert.equal(await files.exists('/tmp/r/one'), false)
  assert.equal(await files.read('/tmp/r/new/two'), '1')
  await raises(FileNotFoundError, () => files.rename('/tmp/nope', '/tmp/x'), '',
    { exact: '[not_found] source file not found: rename /tmp/nope /tmp/x: no such file or directory' })
}))

check('files.remove', () => withSandbox({}, async ({ files }) => {
  await files.write('/tmp/rm/sub/file', 'x')
  assert.equal(await files.remove('/tmp/rm'), undefined)
  assert.equal(await files.exists('/tmp/rm'), false)
  await files.remove('/tmp/rm')
}))

check('files.read_errors', () => withSandbox({}, async ({ files }) => {
  await files.makeDir('/tmp/dir')
  await raises(FileNotFoundError, () => files.read('/tmp/nope'), '', { exact: "path '/tmp/nope' does not exist" })
  await raises(InvalidArgumentError, () => files.read('/tmp/dir'), '', { exact: "path '/tmp/dir' is a directory" })
  await raises(AuthenticationError, () => files.read('/tmp/dir', { user: 'nobody-here' }), '',
    { exact: "error looking up user 'nobody-here': user: unknown user nobody-here" })
}))

check('files.write_errors', () => withSandbox({}, async ({ files }) => {
  await files.makeDir('/tmp/dir')
  await files.write('/tmp/file', 'x')
  await raises(InvalidArgumentError, () => files.write('/tmp/dir', 'x'), '', { exact: 'path is a directory: /tmp/dir' })
  await raises(SandboxError, () => files.write('/tmp/file/below', 'x'), 'path is a file: /tmp/file')
  await raises(AuthenticationError, () => files.write('/tmp/y', 'x', { user: 'nobody-here' }), 'unknown user nobody-here')
  await raises(InvalidArgumentError,
    () => files.write([{ path: '/tmp/same', data: '1' }, { path: '/tmp/same', data: '2' }]),
    "you cannot upload multiple files to the same path '/tmp/same'")
}))

check('files.symlinks', () => withSandbox({}, async ({ commands, files }) => {
  await files.write('/tmp/real/file', 'through')
  await commands.run('ln -s /tmp/real/file /tmp/link; ln -s nowhere /tmp/dangling')
  assert.equal(await files.read('/tmp/link'), 'through')
  const info = await files.getInfo('/tmp/link')
  assert.deepEqual([info.type, info.symlinkTarget, info.owner], [FileType.FILE, '/tmp/real/file', 'user'])
  const names = (await files.list('/tmp')).map((it) => it.name)
  assert.ok(names.includes('link') && !names.includes('dangling'), String(names))
}), { needs: ['isolation'] })

check('files.watch_dir', () => withSandbox({}, async ({ files }) => {
  const events = []
  const exits = []
  await files.makeDir('/tmp/w/sub')
  const watcher = await files.watchDir('/tmp/w', (event) => { events.push(event) },
    { recursive: true, includeEntry: true, timeoutMs: 0, onExit: (error) => { exits.push(error) } })
  const told = (name, type) => events.some((it) => it.name === name && it.type === type)
  await files.write('/tmp/w/file', '123')
  await until(() => told('file', FilesystemEventType.CREATE) && told('file', FilesystemEventType.WRITE), 'a write is told')
  await files.write('/tmp/w/sub/deep', 'x')
  await until(() => told('sub/deep', FilesystemEventType.CREATE), 'a write below is told')
  await files.rename('/tmp/w/file', '/tmp/w/moved')
  await until(() => told('file', FilesystemEventType.RENAME), 'a rename is told')
  await files.remove('/tmp/w/moved')
  await until(() => told('moved', FilesystemEventType.REMOVE), 'a removal is told')
  const { entry } = events.find((it) => it.name === 'file' && it.entry)
  assert.deepEqual([entry.path, entry.name], ['/tmp/w/file', 'file'])
  await watcher.stop()
  await until(() => exits.length > 0, 'the end is told')
}))

check('files.watch_shallow', () => withSandbox({}, async ({ files }) => {
  const events = []
  await files.makeDir('/tmp/w/sub')
  const watcher = await files.watchDir('/tmp/w', (event) => { events.push(event) })
  await files.write('/tmp/w/sub/deep', 'x')
  await files.write('/tmp/w/last', 'x')
  await until(() => events.some((it) => it.name === 'last'), 'a write is told')
  assert.ok(!events.some((it) => it.name.includes('deep')), 'not recursive unless asked for')
  assert.ok(events.every((it) => it.entry === undefined))
  await watcher.stop()
}))

check('files.watch_errors', () => withSandbox({}, async (sandbox) => {
  const { files } = sandbox
  await files.write('/tmp/file', 'x')
  await raises(FileNotFoundError, () => files.watchDir('/tmp/nope', () => {}), 'path /tmp/nope not found')
  await raises(InvalidArgumentError, () => files.watchDir('/tmp/file', () => {}), 'path /tmp/file not a directory')
  const exits = []
  await files.watchDir('/tmp', () => {}, { timeoutMs: 0, onExit: (error) => { exits.push(error) } })
  await sandbox.kill()
  await until(() => exits.length > 0, 'a watch ends with its sandbox')
  assert.ok(exits[0] instanceof Error)
}))

/** A plain client gets 401 with this text. It names the sandbox, as the host would. */
async function refused(sandbox, url, text, init = {}) {
  const headers = {
    'Content-Type': 'application/octet-stream', 'E2b-Sandbox-Id': sandbox.sandboxId, 'E2b-Sandbox-Port': '49983',
  }
  const reply = await fetch(url, { headers, ...init })
  const body = await reply.text()
  assert.equal(reply.status, 401, body)
  assert.ok(body.includes(text), body)
}

check('files.signed_download', () => withSandbox({}, async (sandbox) => {
  await sandbox.files.write('/tmp/s/a b+c.txt', 'signed')
  for (const options of [{}, { user: 'user' }, { useSignatureExpiration: 60 }]) {
    const url = await sandbox.downloadUrl('/tmp/s/a b+c.txt', options)
    assert.match(url, /signature=v1_/)
    assert.equal(await (await fetch(url)).text(), 'signed', url)
  }
  await refused(sandbox, await sandbox.downloadUrl('/tmp/s/a b+c.txt', { useSignatureExpiration: -5 }),
    'signature is already expired')
  const good = await sandbox.downloadUrl('/tmp/s/a b+c.txt')
  await refused(sandbox, good.replace('signature=v1_', 'signature=v1_x'), 'invalid signature')
}))

check('files.signed_upload', () => withSandbox({}, async (sandbox) => {
  const url = await sandbox.uploadUrl('/tmp/up/file', { useSignatureExpiration: 60 })
  const form = new FormData()
  form.append('file', new Blob(['up']), 'f')
  const reply = await fetch(url, { method: 'POST', body: form })
  assert.equal(reply.status, 200, await reply.text())
  assert.equal(await sandbox.files.read('/tmp/up/file'), 'up')
  await refused(sandbox, await sandbox.uploadUrl('/tmp/up/file'), 'invalid signature')
}))

check('files.get_signature', async () => {
  // The test vector of the wire contract.
  const made = await getSignature({ path: '/tmp/a b', operation: 'read', user: undefined, envdAccessToken: 'tok' })
  assert.equal(made.signature, 'v1_aYnTea2bOHCvGHpk7sDGBlJHpJso0Kp5V2bOpfVpG8U')
})
