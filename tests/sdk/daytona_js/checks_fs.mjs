// Files and folders: contract 2.5 and 3.6.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { check } from '../frame.mjs'
import { daytona, refused, withSandbox } from './kit.mjs'

const { DaytonaBadRequestError, DaytonaConflictError, DaytonaError, DaytonaForbiddenError, DaytonaNotFoundError } =
  daytona

const withFiles = (use) => withSandbox((sandbox) => use(sandbox.fs, sandbox))

/** Runs `use` with a folder of this machine. */
async function withFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), 'suite-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

check('fs.round_trip', () =>
  withFiles(async (fs) => {
    const content = Buffer.from(Array.from({ length: 76_800 }, (_, index) => index % 256))
    await fs.uploadFile(content, '/home/user/up/loaded.bin')
    assert.ok((await fs.downloadFile('/home/user/up/loaded.bin')).equals(content))
    // Relative paths are below the work directory.
    assert.ok((await fs.downloadFile('up/loaded.bin')).equals(content))
    // An existing file is written in place and keeps its mode.
    await fs.setFilePermissions('up/loaded.bin', { mode: '600' })
    await fs.uploadFile(Buffer.from('again'), 'up/loaded.bin')
    const info = await fs.getFileDetails('up/loaded.bin')
    assert.deepEqual([info.permissions, info.size], ['0600', 5])
  })
)

check('fs.names', () =>
  withFiles(async (fs) => {
    const names = ['with space', 'ünïcödé ✓', 'a&b=c?d#e', '100%25', '.hidden', '-dash', 'semi;colon', "it's"]
    for (const name of names) {
      await fs.uploadFile(Buffer.from(name), `odd/${name}`)
      assert.equal((await fs.downloadFile(`odd/${name}`)).toString(), name)
      assert.equal((await fs.getFileDetails(`odd/${name}`)).name, name)
    }
    assert.equal((await fs.listFiles('odd')).length, names.length)
  })
)

check('fs.local_files', () =>
  withFiles((fs) =>
    withFolder(async (folder) => {
      await writeFile(join(folder, 'a'), 'from a local file')
      await fs.uploadFile(join(folder, 'a'), 'a')
      await fs.downloadFile('a', join(folder, 'new', 'b'))
      assert.equal(await readFile(join(folder, 'new', 'b'), 'utf8'), 'from a local file')
      const missing = () => fs.downloadFile('none', join(folder, 'c'))
      await refused(DaytonaNotFoundError, missing, 'file not found: none', 404)
    })
  )
)

check('fs.many_at_once', () =>
  withFiles(async (fs) => {
    await fs.uploadFiles([
      { source: Buffer.from('one'), destination: 'up/1.txt' },
      { source: Buffer.from('two'), destination: 'up/ 2 .txt' },
      { source: Buffer.from('three'), destination: 'up/deeper/3.txt' }
    ])
    const entries = await fs.listFiles('up')
    assert.deepEqual(entries.map(({ name }) => name), [' 2 .txt', '1.txt', 'deeper'])
    const paths = ['up/1.txt', 'up/none', 'up', 'up/deeper/3.txt']
    const got = await fs.downloadFiles(paths.map((source) => ({ source })))
    assert.deepEqual(got.map(({ source }) => source), paths)
    assert.equal(got[0].result.toString(), 'one')
    assert.match(got[1].error, /file not found: up\/none/)
    assert.deepEqual([got[1].errorDetails.statusCode, got[1].errorDetails.code], [404, 'FILE_NOT_FOUND'])
    assert.match(got[2].error, /path points to a directory/)
    assert.deepEqual([got[2].errorDetails.statusCode, got[2].errorDetails.code], [400, 'INVALID_FILE_PATH'])
    assert.equal(got[3].result.toString(), 'three')
    assert.deepEqual(await fs.downloadFiles([]), [])
  })
)

check('fs.streamed', () =>
  withFiles(async (fs) => {
    const content = randomBytes(700_000)
    const sent = []
    await fs.uploadFileStream(Readable.from([content.subarray(0, 300_000), content.subarray(300_000)]), 'big', {
      onProgress: ({ bytesSent }) => sent.push(bytesSent)
    })
    assert.equal(sent.at(-1), content.length)
    const received = []
    const stream = await fs.downloadFileStream('big', { onProgress: (progress) => received.push(progress) })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    assert.ok(Buffer.concat(chunks).equals(content))
    assert.deepEqual(received.at(-1), { bytesReceived: content.length, totalBytes: content.length })
    await refused(DaytonaNotFoundError, () => fs.downloadFileStream('none'), 'file not found: none', 404)
    await refused(DaytonaBadRequestError, () => fs.downloadFileStream('.'), 'points to a directory', 400)
    const signal = AbortSignal.abort()
    await assert.rejects(fs.uploadFileStream(Buffer.from('x'), 'never', { signal }))
    await refused(DaytonaNotFoundError, () => fs.getFileDetails('never'), '', 404)
  })
)

check('fs.listing', () =>
  withFiles(async (fs, { process }) => {
    await process.executeCommand('mkdir -p l/b/c/d; touch l/.dot l/a l/b/x l/b/c/y; ln -s none l/dangling')
    const entries = await fs.listFiles('l')
    // Sorted by name, dotfiles included, one level, and no dangling links.
    const shown = entries.map(({ name, isDir }) => [name, isDir])
    assert.deepEqual(shown, [['.dot', false], ['a', false], ['b', true]])
    const deep = (await fs.listFiles('l', { depth: 2 })).map(({ name }) => name)
    assert.ok(deep.includes('x') && deep.includes('c') && !deep.includes('d'), deep.join())
    await refused(DaytonaError, () => fs.listFiles('l', { depth: 0 }), 'depth must be an integer of at least 1')
    await refused(DaytonaNotFoundError, () => fs.listFiles('/no/such'), '', 404)
    await refused(DaytonaBadRequestError, () => fs.listFiles('l/a'), '', 400)
  })
)

check('fs.information', () =>
  withFiles(async (fs, { process }) => {
    await process.executeCommand('printf hello > f; chmod 640 f; mkdir -m 750 d; ln -s d link')
    const info = await fs.getFileDetails('f')
    assert.deepEqual([info.name, info.size, info.mode, info.isDir], ['f', 5, '-rw-r-----', false])
    assert.equal(info.permissions, '0640')
    assert.match(info.owner, /^\d+$/)
    assert.ok(info.modTime)
    const folder = await fs.getFileDetails('d')
    assert.deepEqual([folder.mode, folder.isDir], ['drwxr-x---', true])
    // Links are followed, and nothing shows that there was one.
    assert.equal((await fs.getFileDetails('link')).isDir, true)
    await refused(DaytonaNotFoundError, () => fs.getFileDetails('/no/such'), '', 404)
  })
)

check('fs.folders', () =>
  withFiles(async (fs) => {
    await fs.createFolder('tree/below', '750')
    assert.equal((await fs.getFileDetails('tree/below')).mode, 'drwxr-x---')
    // An existing one is left as it is.
    await fs.createFolder('tree/below', '700')
    assert.equal((await fs.getFileDetails('tree/below')).mode, 'drwxr-x---')
    await fs.uploadFile(Buffer.from('x'), 'tree/file')
    await refused(DaytonaBadRequestError, () => fs.createFolder('tree/file', '755'), '', 400)
    await refused(DaytonaBadRequestError, () => fs.createFolder('tree/odd', 'rwx'), '', 400)
  })
)

check('fs.deletion', () =>
  withFiles(async (fs, { process }) => {
    await process.executeCommand('mkdir -p d/e; touch d/f g; ln -s g link; ln -s none dangling')
    await fs.deleteFile('d/f')
    const flag = 'cannot delete directory without recursive flag'
    await refused(DaytonaBadRequestError, () => fs.deleteFile('d/e'), flag, 400)
    await fs.deleteFile('d', true)
    await refused(DaytonaNotFoundError, () => fs.deleteFile('d'), '', 404)
    await fs.deleteFile('link')
    await refused(DaytonaNotFoundError, () => fs.deleteFile('dangling'), '', 404)
    assert.equal((await fs.getFileDetails('g')).name, 'g')
  })
)

check('fs.moving', () =>
  withFiles(async (fs) => {
    await fs.uploadFile(Buffer.from('one'), 'm/a')
    await fs.uploadFile(Buffer.from('two'), 'm/b')
    await fs.createFolder('m/d', '755')
    await fs.moveFiles('m/a', 'm/d/a')
    assert.equal((await fs.downloadFile('m/d/a')).toString(), 'one')
    await refused(DaytonaNotFoundError, () => fs.moveFiles('m/a', 'm/x'), '', 404)
    await refused(DaytonaNotFoundError, () => fs.moveFiles('m/b', 'no/such/x'), '', 404)
    // It never moves into a folder.
    await refused(DaytonaConflictError, () => fs.moveFiles('m/b', 'm/d'), 'destination already exists', 409)
  })
)

check('fs.permissions', () =>
  withFiles(async (fs) => {
    await fs.uploadFile(Buffer.from('x'), 'p')
    // Only the bits of 0777 take effect.
    await fs.setFilePermissions('p', { mode: '4751' })
    assert.equal((await fs.getFileDetails('p')).mode, '-rwxr-x--x')
    const change = (fields) => () => fs.setFilePermissions('p', fields)
    await refused(DaytonaBadRequestError, change({ mode: 'rwx' }), 'invalid mode format', 400)
    await refused(DaytonaBadRequestError, change({ owner: 'nobody-here' }), 'user not found', 400)
    await refused(DaytonaBadRequestError, change({ group: 'nobody-here' }), 'group not found', 400)
    await refused(DaytonaNotFoundError, () => fs.setFilePermissions('none', { mode: '600' }), '', 404)
  })
)

check('fs.finding', () =>
  withFiles(async (fs) => {
    await fs.uploadFile(Buffer.from('alpha\nbeta\nalphabet a.c\n'), 't/b/x.txt')
    await fs.uploadFile(Buffer.from('alpha\0'), 't/a.bin')
    await fs.uploadFile(Buffer.from('abc\n'), 't/c.txt')
    const found = await fs.findFiles('t', 'alpha')
    // A plain substring, in files that are not binary.
    const lines = found.map(({ file, line, content }) => [file, line, content])
    assert.deepEqual(lines, [['t/b/x.txt', 1, 'alpha'], ['t/b/x.txt', 3, 'alphabet a.c']])
    assert.deepEqual(await fs.findFiles('/no/such', 'x'), [])
    assert.deepEqual((await fs.searchFiles('t', '*.txt')).files, ['t/b/x.txt', 't/c.txt'])
    assert.deepEqual((await fs.searchFiles('/no/such', '*')).files, [])
    await refused(DaytonaBadRequestError, () => fs.findFiles('t', ''), '', 400)
    await refused(DaytonaBadRequestError, () => fs.searchFiles('t', ''), '', 400)
  })
)

check('fs.replacing', () =>
  withFiles(async (fs) => {
    await fs.uploadFile(Buffer.from('a.b a.b axb'), 'r')
    const results = await fs.replaceInFiles(['r', 'none'], 'a.b', '$1')
    assert.deepEqual(results.map(({ file, success }) => [file, success]), [['r', true], ['none', false]])
    assert.match(results[1].error, /no such file or directory/)
    assert.equal((await fs.downloadFile('r')).toString(), '$1 $1 axb')
    await refused(DaytonaBadRequestError, () => fs.replaceInFiles(['r'], '', 'x'), '', 400)
  })
)

check('fs.refusals', () =>
  withFiles(async (fs) => {
    const missing = await refused(DaytonaNotFoundError, () => fs.downloadFile('/no/such'), '', 404)
    assert.equal(missing.message, 'file not found: /no/such')
    await fs.createFolder('d', '755')
    const folder = 'invalid file path: path points to a directory: d'
    await refused(DaytonaBadRequestError, () => fs.downloadFile('d'), folder, 400)
    const upload = () => fs.uploadFile(Buffer.from('x'), '/home/user/d')
    await refused(DaytonaBadRequestError, upload, 'create: open /home/user/d: is a directory', 400)
  })
)

check(
  'fs.denied',
  () =>
    withFiles(async (fs) => {
      const closed = 'permission denied: /etc/shadow'
      await refused(DaytonaForbiddenError, () => fs.downloadFile('/etc/shadow'), closed, 403)
      const upload = () => fs.uploadFile(Buffer.from('x'), '/etc/x')
      await refused(DaytonaBadRequestError, upload, 'create: open /etc/x: permission denied', 400)
      await refused(DaytonaForbiddenError, () => fs.listFiles('/root'), '', 403)
    }),
  { needs: ['isolation'] }
)
