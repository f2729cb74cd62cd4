// What outlives a moment: pause and resume, snapshots, forks, networks, metrics.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

import { check, raises, until } from '../frame.mjs'
import { e2b, pages, text, withSandbox } from './kit.mjs'

const { ALL_TRAFFIC, Sandbox, SandboxError, SandboxNotFoundError, TimeoutError } = e2b

check('state.pause', async () => {
  const mark = randomUUID()
  await withSandbox({ metadata: { mark } }, async (sandbox) => {
    await sandbox.files.write('/tmp/kept', 'kept')
    assert.equal(await sandbox.pause(), true)
    assert.equal(await sandbox.pause(), false, 'it is paused already')
    assert.equal(await sandbox.betaPause(), false)
    assert.equal(await Sandbox.betaPause(sandbox.sandboxId), false)
    assert.equal(await sandbox.isRunning(), false)
    await raises(TimeoutError, () => sandbox.files.list('/'), 'The sandbox was not found')
    await raises(SandboxNotFoundError, () => sandbox.setTimeout(60_000))
    assert.equal((await sandbox.getInfo()).state, 'paused')
    const [listed] = await pages(Sandbox.list({ query: { metadata: { mark }, state: ['paused'] } }))
    assert.deepEqual(listed.map((it) => [it.sandboxId, it.state]), [[sandbox.sandboxId, 'paused']])
    assert.equal((await sandbox.connect({ timeoutMs: 120_000 })).sandboxId, sandbox.sandboxId)
    assert.equal(await sandbox.files.read('/tmp/kept'), 'kept')
    assert.equal((await sandbox.getInfo()).state, 'running')
    assert.equal(await Sandbox.pause(sandbox.sandboxId), true)
    const other = await Sandbox.connect(sandbox.sandboxId, { timeoutMs: 60_000 })
    assert.equal(await text(other, 'echo resumed'), 'resumed\n')
  })
})

check('state.pause_keeps_memory', () => withSandbox({}, async (sandbox) => {
  const { commands, files } = sandbox
  const handle = await commands.run('read x; echo $x >/tmp/answer', { background: true, stdin: true, timeoutMs: 0 })
  await handle.disconnect()
  assert.equal(await sandbox.pause(), true)
  await sandbox.connect({ timeoutMs: 120_000 })
  assert.deepEqual((await commands.list()).map((it) => it.pid), [handle.pid], 'the process is still there')
  await commands.sendStdin(handle.pid, '42\n')
  await until(() => files.exists('/tmp/answer'), 'it goes on')
}), { needs: ['isolation'] })

check('state.pause_filesystem', () => withSandbox({}, async (sandbox) => {
  const handle = await sandbox.commands.run('exec sleep 300', { background: true, timeoutMs: 0 })
  await handle.disconnect()
  await sandbox.files.write('kept', 'kept')
  assert.equal(await sandbox.pause({ keepMemory: false }), true)
  await sandbox.connect({ timeoutMs: 120_000 })
  assert.deepEqual(await sandbox.commands.list(), [], 'a cold boot has no processes')
  assert.equal(await sandbox.files.read('kept'), 'kept')
}), { needs: ['isolation'] })

check('state.reboot', () => withSandbox({}, async (sandbox) => {
  const handle = await sandbox.commands.run('exec sleep 300', { background: true, timeoutMs: 0 })
  await handle.disconnect()
  await sandbox.pause()
  await sandbox.connect({ timeoutMs: 120_000, onResume: 'reboot' })
  assert.deepEqual(await sandbox.commands.list(), [])
}), { needs: ['isolation'] })

check('state.auto_pause', () => withSandbox({ timeoutMs: 1000, lifecycle: { onTimeout: 'pause' } }, async (sandbox) => {
  await until(async () => (await sandbox.getInfo()).state === 'paused', 'its time comes')
  await sandbox.connect({ timeoutMs: 60_000 })
  assert.equal(await text(sandbox, 'echo back'), 'back\n')
}))

check('state.auto_resume', () => withSandbox({
  lifecycle: { onTimeout: 'pause', autoResume: true },
}, async (sandbox) => {
  await sandbox.files.write('/tmp/x', '1')
  await sandbox.pause()
  assert.equal(await sandbox.files.read('/tmp/x'), '1', 'traffic resumes it')
  assert.equal((await sandbox.getInfo()).state, 'running')
}))

check('state.snapshot', async () => {
  const name = `snap-${randomUUID().slice(0, 12)}`
  await withSandbox({}, async (sandbox) => {
    await sandbox.files.write('data', 'of the snapshot')
    const taken = await sandbox.createSnapshot({ name })
    const plain = await Sandbox.createSnapshot(sandbox.sandboxId)
    try {
      assert.ok(taken.names.some((it) => it.includes(name)), String(taken.names))
      await sandbox.files.write('data', 'later')
      await withSandbox({ template: taken.snapshotId }, async (child) => {
        assert.equal(await child.files.read('data'), 'of the snapshot')
      })
      assert.equal(await sandbox.files.read('data'), 'later')
      const listed = (await pages(sandbox.listSnapshots()))[0]
      assert.deepEqual(new Set(listed.map((it) => it.snapshotId)), new Set([taken.snapshotId, plain.snapshotId]))
      const paged = Sandbox.listSnapshots({ sandboxId: sandbox.sandboxId, limit: 1 })
      assert.equal((await paged.nextItems()).length, 1)
      assert.deepEqual([paged.hasNext, typeof paged.nextToken], [true, 'string'])
      assert.equal((await paged.nextItems()).length, 1)
      assert.equal(paged.hasNext, false)
    } finally {
      assert.equal(await Sandbox.deleteSnapshot(taken.snapshotId), true)
      assert.equal(await Sandbox.deleteSnapshot(plain.snapshotId), true)
    }
    assert.equal(await Sandbox.deleteSnapshot(taken.snapshotId), false)
    await raises(SandboxError, () => Sandbox.create(taken.snapshotId), '404: ')
  })
})

check('state.fork', () => withSandbox({}, async (sandbox) => {
  await sandbox.files.write('data', 'parent')
  const forks = await sandbox.fork({ count: 2, timeoutMs: 60_000 })
  forks.push(...await Sandbox.fork(sandbox.sandboxId, { timeoutMs: 60_000 }))
  try {
    assert.ok(forks.length === 3 && forks.every((it) => it instanceof Sandbox), String(forks))
    await forks[0].files.write('data', 'fork')
    const all = await Promise.all([sandbox, ...forks].map((it) => it.files.read('data')))
    assert.deepEqual(all, ['parent', 'fork', 'parent', 'parent'])
    assert.equal(new Set([sandbox, ...forks].map((it) => it.sandboxId)).size, 4)
  } finally {
    await Promise.all(forks.filter((it) => it instanceof Sandbox).map((it) => it.kill()))
  }
}))

check('state.network', () => withSandbox({
  network: { allowOut: ['1.1.1.1', 'api.example.com'], denyOut: [ALL_TRAFFIC], maskRequestHost: 'localhost:${PORT}' },
}, async (sandbox) => {
  const { network } = await sandbox.getInfo()
  assert.deepEqual([network.allowOut, network.denyOut, network.maskRequestHost],
    [['1.1.1.1', 'api.example.com'], ['0.0.0.0/0'], 'localhost:${PORT}'])
  assert.equal(await sandbox.updateNetwork({ denyOut: ['8.8.8.8'] }), undefined)
  const later = (await sandbox.getInfo()).network
  assert.deepEqual([later.allowOut ?? [], later.denyOut], [[], ['8.8.8.8']], 'what is left out is cleared')
  await Sandbox.updateNetwork(sandbox.sandboxId, { allowInternetAccess: false })
  await raises(SandboxError, () => sandbox.updateNetwork({ allowOut: ['example.com'] }),
    '400: When specifying allowed domains in allow out')
}))

check('state.traffic_token', () => withSandbox({ network: { allowPublicTraffic: false } }, async (sandbox) => {
  assert.ok(sandbox.trafficAccessToken, 'set when public traffic is off')
  assert.equal(await text(sandbox, 'echo works'), 'works\n')
}))

check('state.metrics', () => withSandbox({}, async (sandbox) => {
  const one = await until(async () => (await sandbox.getMetrics()).at(-1), 'a measurement is there')
  assert.ok(one.cpuCount >= 1 && one.cpuUsedPct >= 0 && one.memTotal > 0 && one.memUsed <= one.memTotal)
  assert.ok(one.diskUsed <= one.diskTotal && one.diskTotal > 0)
  assert.ok(Math.abs(one.timestamp - Date.now()) < 600_000)
  const start = new Date(Date.now() - 172_800_000)
  const end = new Date(start.getTime() + 3_600_000)
  assert.deepEqual(await Sandbox.getMetrics(sandbox.sandboxId, { start, end }), [])
}))
