// Starting, stopping, archiving, deleting and changing sandboxes: contract 1.5, 1.6 and 4.

import assert from 'node:assert/strict'
import { check, sleep, until } from '../frame.mjs'
import { SandboxState, client, daytona, refused, withSandbox } from './kit.mjs'

const {
  DaytonaBadRequestError,
  DaytonaConflictError,
  DaytonaInvalidArgumentError,
  DaytonaNotFoundError,
  DaytonaUnprocessableEntityError
} = daytona

check('life.stop_and_start', async () => {
  await withSandbox(async (sandbox) => {
    const { process, fs } = sandbox
    await process.createSession('gone')
    await process.executeCommand('echo kept > kept.txt; sleep 1000 >/dev/null 2>&1 &')
    await sandbox.stop()
    assert.equal(sandbox.state, SandboxState.STOPPED)
    const stopped = 'Is the Sandbox started?'
    await refused(DaytonaBadRequestError, () => process.executeCommand('true'), stopped, 400)
    const twice = 'Sandbox is not in a stoppable state'
    await refused(DaytonaBadRequestError, () => sandbox.stop(), twice, 400)
    await sandbox.waitUntilStopped()
    await sandbox.start()
    assert.equal(sandbox.state, SandboxState.STARTED)
    assert.equal((await fs.downloadFile('kept.txt')).toString(), 'kept\n')
    await refused(DaytonaNotFoundError, () => process.getSession('gone'), 'session not found', 404)
    // A start of what runs changes nothing.
    await client().start(sandbox)
    await sandbox.waitUntilStarted()
    assert.equal(sandbox.state, SandboxState.STARTED)
  })
})

check('life.forced_stop', async () => {
  await withSandbox(async (sandbox) => {
    await sandbox.stop(30, true)
    assert.equal(sandbox.state, SandboxState.STOPPED)
  })
  await withSandbox(async (sandbox) => {
    await client().stop(sandbox)
    assert.equal(sandbox.state, SandboxState.STOPPED)
  })
})

check('life.archive', async () => {
  await withSandbox(async (sandbox) => {
    await sandbox.fs.uploadFile(Buffer.from('kept'), 'kept')
    await refused(DaytonaBadRequestError, () => sandbox.archive(), 'Sandbox is not stopped', 400)
    await sandbox.stop()
    await sandbox.archive()
    await until(async () => {
      await sandbox.refreshData()
      return sandbox.state === SandboxState.ARCHIVED
    }, 'the sandbox is archived')
    await refused(DaytonaBadRequestError, () => sandbox.stop(), 'Sandbox is not in a stoppable state', 400)
    await sandbox.start()
    assert.equal((await sandbox.fs.downloadFile('kept')).toString(), 'kept')
  })
})

check('life.delete', async () => {
  await withSandbox(async (sandbox) => {
    const { id, name } = sandbox
    await sandbox.delete()
    if (sandbox.state === SandboxState.DESTROYING) {
      assert.ok(sandbox.name.startsWith(`DESTROYED_${name}_`), sandbox.name)
    }
    const said = await until(async () => {
      try {
        await sandbox.refreshData()
      } catch (error) {
        assert.ok(error instanceof DaytonaNotFoundError, error)
        return error.message
      }
      return undefined
    }, 'the sandbox is gone')
    assert.equal(said, `Sandbox with ID or name ${id} not found`)
    const text = `Sandbox with ID or name ${id} not found`
    for (const action of [
      () => client().get(id),
      () => sandbox.delete(),
      () => sandbox.start(),
      () => sandbox.stop(),
      () => sandbox.archive(),
      () => sandbox.setLabels({}),
      () => sandbox.setAutostopInterval(1),
      () => sandbox.refreshActivity(),
      () => sandbox.getPreviewLink(3000)
    ]) {
      await refused(DaytonaNotFoundError, action, text, 404)
    }
  })
})

check('life.delete_and_wait', async () => {
  await withSandbox(async (sandbox) => {
    await sandbox.delete(30, true)
    assert.equal(sandbox.state, SandboxState.DESTROYED)
    await refused(DaytonaNotFoundError, () => client().get(sandbox.id), 'not found', 404)
  })
})

check('life.two_stops_at_once', async () => {
  await withSandbox(async (sandbox) => {
    const twin = await client().get(sandbox.id)
    const outcomes = await Promise.allSettled([sandbox.stop(), twin.stop()])
    const errors = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason)
    assert.ok(errors.length <= 1, String(errors))
    for (const error of errors) {
      // 409 while the first is under way, 400 after it.
      assert.ok(error instanceof DaytonaConflictError || error instanceof DaytonaBadRequestError, error)
    }
    assert.equal((await client().get(sandbox.id)).state, SandboxState.STOPPED)
  })
})

check('life.resize', async () => {
  await withSandbox(async (sandbox) => {
    await sandbox.resize({ cpu: 2, memory: 2 })
    await sandbox.waitForResizeComplete()
    assert.deepEqual([sandbox.cpu, sandbox.memory, sandbox.state], [2, 2, SandboxState.STARTED])
    const bad = (resources, text) => refused(DaytonaBadRequestError, () => sandbox.resize(resources), text, 400)
    await bad({ disk: 5 }, 'Disk resize can only be performed on a stopped sandbox')
    await bad({}, 'No resource changes specified')
    await bad({ cpu: 0 }, '')
    const gpu = () => sandbox.resize({ gpu: 1 })
    await refused(DaytonaInvalidArgumentError, gpu, 'does not support changes to gpu')
    await sandbox.stop()
    await sandbox.resize({ disk: 5 })
    assert.deepEqual([sandbox.disk, sandbox.state], [5, SandboxState.STOPPED])
    await bad({ disk: 4 }, 'Sandbox disk size cannot be decreased')
  })
})

check('life.recover', async () => {
  await withSandbox(async (sandbox) => {
    const text = 'Sandbox is not in a recoverable state'
    await refused(DaytonaBadRequestError, () => sandbox.recover(), text, 400)
  })
})

check('life.only_machines_pause_and_fork', async () => {
  await withSandbox(async (sandbox) => {
    const kind = DaytonaUnprocessableEntityError
    await refused(kind, () => sandbox.pause(), 'Pausing is not supported for this sandbox', 422)
    const text = 'Forking is not supported for this sandbox'
    for (const fork of [() => sandbox.fork(), () => client().fork(sandbox), () => sandbox._experimental_fork()]) {
      await refused(kind, fork, text, 422)
    }
  })
})

check('life.unknown_sandbox', async () => {
  const text = 'Sandbox with ID or name none not found'
  const error = await refused(DaytonaNotFoundError, () => client().get('none'), text, 404)
  assert.equal(error.message, text)
  assert.ok(error.headers)
})

check('life.labels', async () => {
  await withSandbox({ labels: { old: '1' } }, async (sandbox) => {
    const wanted = { team: 'b', 'code-toolbox-language': 'python' }
    assert.deepEqual(await sandbox.setLabels(wanted), wanted)
    assert.deepEqual((await client().get(sandbox.id)).labels, wanted)
  })
})

check('life.intervals', async () => {
  const seen = ({ autoStopInterval, autoArchiveInterval, autoDeleteInterval }) =>
    [autoStopInterval, autoArchiveInterval, autoDeleteInterval]
  await withSandbox(async (sandbox) => {
    await sandbox.setAutostopInterval(30)
    await sandbox.setAutoArchiveInterval(60)
    await sandbox.setAutoDeleteInterval(90)
    assert.deepEqual(seen(await client().get(sandbox.id)), [30, 60, 90])
    await sandbox.setAutostopInterval(0)
    // 0 means the longest, and what is longer is cut to it.
    await sandbox.setAutoArchiveInterval(0)
    await sandbox.setAutoDeleteInterval(-1)
    await sandbox.refreshData()
    assert.deepEqual(seen(sandbox), [0, 43200, -1])
    await sandbox.setAutoArchiveInterval(1_000_000)
    await sandbox.refreshData()
    assert.equal(sandbox.autoArchiveInterval, 43200)
    const negative = () => sandbox.setAutostopInterval(-1)
    await refused(DaytonaInvalidArgumentError, negative, 'must be a non-negative integer')
  })
})

check('life.time_to_live', async () => {
  await withSandbox({ ttlMinutes: 30 }, async (sandbox) => {
    assert.ok(sandbox.autoDestroyAt)
    await sandbox.setTtl(60)
    assert.ok((await client().get(sandbox.id)).autoDestroyAt > sandbox.autoDestroyAt)
    await sandbox.setTtl(0)
    assert.equal((await client().get(sandbox.id)).autoDestroyAt ?? null, null)
  })
})

check('life.auto_pause', async () => {
  await withSandbox(async (sandbox) => {
    await sandbox.setAutoPauseInterval(0)
    // Only virtual machines pause.
    const text = 'Pausing is not supported for this sandbox'
    await refused(DaytonaUnprocessableEntityError, () => sandbox.setAutoPauseInterval(5), text, 422)
  })
})

check('life.network_settings', async () => {
  await withSandbox({ networkAllowList: '10.0.0.0/8' }, async (sandbox) => {
    assert.equal(sandbox.networkAllowList, '10.0.0.0/8')
    await sandbox.updateNetworkSettings({ networkBlockAll: true, domainAllowList: '*.example.com' })
    const found = await client().get(sandbox.id)
    const seen = [found.networkBlockAll, found.networkAllowList, found.domainAllowList]
    assert.deepEqual(seen, [true, '10.0.0.0/8', '*.example.com'])
    const wrong = () => sandbox.updateNetworkSettings({ networkAllowList: 'ten/8' })
    await refused(DaytonaBadRequestError, wrong, 'Invalid IP address: "ten" in network "ten/8"', 400)
    await refused(DaytonaInvalidArgumentError, () => sandbox.updateNetworkSettings({}), 'At least one of')
  })
})

check('life.activity', async () => {
  await withSandbox(async (sandbox) => {
    const before = (await client().get(sandbox.id)).lastActivityAt
    await sleep(20)
    await sandbox.refreshActivity()
    const after = (await client().get(sandbox.id)).lastActivityAt
    assert.ok(before < after, `${before} ${after}`)
  })
})

check(
  'life.metrics',
  async () => {
    await withSandbox(async (sandbox) => {
      await sandbox.process.executeCommand('head -c 5000000 /dev/zero > large; sleep 60 >/dev/null 2>&1 &')
      const { cpuCount, diskUsed, diskTotal, memUsed } = await sandbox.getMetricsLatest()
      assert.equal(cpuCount, 1)
      assert.ok(diskUsed >= 5_000_000 && diskUsed <= diskTotal, `${diskUsed} ${diskTotal}`)
      assert.ok(memUsed > 0)
    })
  },
  { needs: ['isolation'] }
)
