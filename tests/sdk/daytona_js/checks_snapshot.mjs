// Snapshots and image builds: contract 5.

import assert from 'node:assert/strict'
import { check } from '../frame.mjs'
import { SandboxState, client, daytona, refused, unique, withSandbox } from './kit.mjs'

const { DaytonaBadRequestError, DaytonaConflictError, DaytonaForbiddenError, DaytonaNotFoundError, Image } = daytona

/** Runs `use` with a snapshot of its own. */
async function withSnapshot(params, options, use) {
  const snapshot = await client().snapshot.create(params, options)
  try {
    await use(snapshot)
  } finally {
    await client().snapshot.delete(snapshot)
  }
}

check('snapshot.from_image_name', async () => {
  const logs = []
  const name = unique('snap')
  const params = { name, image: 'debian:12-slim', resources: { cpu: 2, memory: 3, disk: 4 } }
  await withSnapshot(params, { onLogs: (line) => logs.push(line) }, async (snapshot) => {
    assert.deepEqual([snapshot.name, snapshot.state, snapshot.general], [name, 'active', false])
    assert.deepEqual([snapshot.cpu, snapshot.mem, snapshot.disk], [2, 3, 4])
    assert.ok(logs[0].startsWith(`Creating snapshot ${name} (`), logs.join())
    assert.equal(logs.at(-1), `Created snapshot ${name} (active)`)
    assert.equal((await client().snapshot.get(name)).id, snapshot.id)
    assert.equal((await client().snapshot.get(snapshot.id)).name, name)
    await withSandbox({ snapshot: name }, async (sandbox) => {
      assert.deepEqual([sandbox.snapshot, sandbox.cpu, sandbox.memory, sandbox.disk], [name, 2, 3, 4])
    })
    const found = await client().snapshot.list(1, 200)
    assert.ok(found.items.some((one) => one.id === snapshot.id))
    assert.equal((await client().snapshot.list({ page: 1, limit: 1 })).items.length, 1)
    const taken = `Snapshot with name "${name}" already exists for this organization`
    await refused(DaytonaConflictError, () => client().snapshot.create(params), taken, 409)
    const active = `Snapshot ${name} is already active`
    await refused(DaytonaBadRequestError, () => client().snapshot.activate(snapshot), active, 400)
  })
})

check(
  'snapshot.from_a_build',
  async () => {
    const logs = []
    const name = unique('snap')
    const image = Image.base('debian:12-slim').env({ MADE: 'so' }).workdir('/tmp').runCommands(`echo ${name}`)
    await withSnapshot({ name, image }, { onLogs: (line) => logs.push(line) }, async (snapshot) => {
      assert.equal(snapshot.state, 'active')
      assert.equal(snapshot.buildInfo.dockerfileContent, image.dockerfile)
      // Beside the states, the lines of the build.
      assert.ok(logs.some((line) => !/^Creat(ing|ed) snapshot/.test(line)), logs.join())
    })
  },
  { needs: ['isolation'] }
)

check('snapshot.of_a_sandbox', async () => {
  const name = unique('snap')
  await withSandbox(async (sandbox) => {
    await sandbox.fs.uploadFile(Buffer.from('taken along'), 'inside')
    await sandbox.createSnapshot(name)
    assert.equal(sandbox.state, SandboxState.STARTED)
  })
  try {
    await withSandbox({ snapshot: name }, async (copy) => {
      assert.equal((await copy.fs.downloadFile('inside')).toString(), 'taken along')
    })
  } finally {
    await client().snapshot.delete(name)
  }
})

check('snapshot.deleted', async () => {
  const { snapshot } = client()
  const made = await snapshot.create({ name: unique('snap'), image: 'debian:12' })
  // By its name, which the SDK looks up first.
  await snapshot.delete(made.name)
  const gone = `Snapshot with name ${made.name} not found`
  await refused(DaytonaNotFoundError, () => snapshot.get(made.name), gone, 404)
  await refused(DaytonaNotFoundError, () => snapshot.delete(made), '', 404)
  await refused(DaytonaNotFoundError, () => snapshot.delete('none'), 'Snapshot with name none not found', 404)
})

check('snapshot.refusals', async () => {
  const create = (fields) => () => client().snapshot.create({ name: unique('snap'), image: 'debian:12', ...fields })
  for (const [fields, text] of [
    [{ image: 'debian:latest' }, 'Images with tag ":latest" are not allowed'],
    [{ image: 'debian' }, 'must include a tag'],
    [{ name: 'not a name!' }, 'Invalid snapshot name format'],
    [{ resources: { cpu: 5 } }, 'CPU request 5 exceeds maximum allowed per sandbox (4).']
  ]) {
    await refused(DaytonaBadRequestError, create(fields), text, 400)
  }
  const general = await client().snapshot.get('litellm')
  assert.equal(general.general, true)
  const stays = 'You cannot delete a general snapshot'
  await refused(DaytonaForbiddenError, () => client().snapshot.delete(general), stays, 403)
})
