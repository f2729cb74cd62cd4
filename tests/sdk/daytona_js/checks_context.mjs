// Build contexts and image builds: contract 5.5. CUTOVER_BASE_IMAGE names the image that `FROM` takes;
// an engine with images of its own must have it.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../frame.mjs'
import { client, daytona, refused, unique, withSandbox } from './kit.mjs'

const { DaytonaError, Image } = daytona
const BASE = process.env.CUTOVER_BASE_IMAGE ?? 'debian:12-slim'
const BIG = 12 << 20

check(
  'context.copied',
  async () => {
    const name = unique('snap')
    const logs = []
    const folder = await mkdtemp(join(tmpdir(), 'suite-'))
    try {
      await writeFile(join(folder, 'app.txt'), name)
      await mkdir(join(folder, 'parts/deep'), { recursive: true })
      await writeFile(join(folder, 'parts/deep/b.txt'), 'in a folder\n')
      // More than one part of an upload.
      await writeFile(join(folder, 'big.bin'), randomBytes(BIG))
      const lines = ['WORKDIR /srv', 'COPY app.txt ./', 'COPY parts /data/', 'COPY big.bin /big', 'RUN cat app.txt']
      await writeFile(join(folder, 'Dockerfile'), [`FROM ${BASE}`, ...lines].join('\n') + '\n')
      const image = Image.fromDockerfile(join(folder, 'Dockerfile'))
      const snapshot = await client().snapshot.create({ name, image }, { onLogs: (line) => logs.push(line) })
      assert.equal(snapshot.state, 'active')
    } finally {
      await rm(folder, { recursive: true })
    }
    try {
      const said = logs.join('\n')
      assert.ok(said.includes('Step 6/6 : RUN cat app.txt') && said.includes(name), said)
      await withSandbox({ snapshot: name }, async (sandbox) => {
        const ran = await sandbox.process.executeCommand('cat app.txt /data/deep/b.txt; wc -c < /big; pwd')
        assert.equal(ran.result, `${name}in a folder\n${BIG}\n/srv\n`)
      })
    } finally {
      await client().snapshot.delete(await client().snapshot.get(name))
    }
  },
  { needs: ['isolation'] }
)

check(
  'context.a_step_fails',
  async () => {
    const name = unique('snap')
    const image = Image.base(BASE).runCommands(`echo ${name}; exit 3`)
    const text = `Name: ${name} Reason: failed to build image: `
    await refused(DaytonaError, () => client().snapshot.create({ name, image }), text)
    const failed = await client().snapshot.get(name)
    await client().snapshot.delete(failed)
    assert.equal(failed.state, 'build_failed')
    assert.match(failed.errorReason, /returned a non-zero code: 3/)
  },
  { needs: ['isolation'] }
)
