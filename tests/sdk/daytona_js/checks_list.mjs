// Listing with cursor and filters: contract 1.5.

import assert from 'node:assert/strict'
import { check } from '../frame.mjs'
import { SandboxState, all, client, daytona, refused, unique, withSandbox } from './kit.mjs'

const { DaytonaBadRequestError, SandboxListSortDirection, SandboxListSortField } = daytona

const query = (fields) => all(client().list(fields))

/** Three sandboxes of one label: `a` is public, `b` is of another snapshot, `c` is stopped. */
async function withThree(use) {
  const family = unique('family')
  const labels = { family }
  const a = { name: `${family}-A`, labels: { ...labels, role: 'x' }, public: true }
  const b = { name: `${family}-b`, labels: { ...labels, role: 'y' }, snapshot: 'litellm' }
  const c = { name: `${family}-c`, labels: { ...labels } }
  await withSandbox(a, (a) =>
    withSandbox(b, (b) =>
      withSandbox(c, async (c) => {
        await c.stop()
        await use(family, a, b, c)
      })
    )
  )
}

check('list.filters', async () => {
  await withThree(async (family, a, b, c) => {
    const labels = { family }
    const { STARTED, STOPPED } = SandboxState
    const hour = 3_600_000
    for (const [fields, wanted] of [
      [{ labels }, [a, b, c]],
      [{ labels: { ...labels, role: 'y' } }, [b]],
      [{ labels: { ...labels, role: 'z' } }, []],
      // Names and ids are told by how they begin, whatever the case.
      [{ name: family }, [a, b, c]],
      [{ name: `${family}-a` }, [a]],
      [{ labels, id: b.id.slice(0, 13).toUpperCase() }, [b]],
      [{ labels, states: [STOPPED] }, [c]],
      [{ labels, states: [STARTED, STOPPED] }, [a, b, c]],
      [{ labels, snapshots: ['litellm'] }, [b]],
      [{ labels, targets: ['us'] }, [a, b, c]],
      [{ labels, isPublic: true }, [a]],
      [{ labels, minCpu: 2 }, []],
      [{ labels, maxCpu: 1, minMemoryGib: 1, maxDiskGib: 3 }, [a, b, c]],
      [{ labels, createdAtAfter: new Date(Date.now() - hour) }, [a, b, c]],
      [{ labels, createdAtAfter: new Date(Date.now() + hour) }, []],
      [{ labels, lastActivityBefore: new Date(Date.now() - hour) }, []]
    ]) {
      const found = (await query(fields)).map(({ id }) => id)
      assert.deepEqual(found.sort(), wanted.map(({ id }) => id).sort(), JSON.stringify(fields))
    }
  })
})

check('list.pages_and_order', async () => {
  await withThree(async (family, a, b, c) => {
    const labels = { family }
    const oldest = { sort: SandboxListSortField.CREATED_AT, order: SandboxListSortDirection.ASC }
    const ids = [a, b, c].map(({ id }) => id)
    assert.deepEqual((await query({ labels, ...oldest })).map(({ id }) => id), ids)
    // One by one, through cursors.
    assert.deepEqual((await query({ labels, limit: 1, ...oldest })).map(({ id }) => id), ids)
    const last = { sort: SandboxListSortField.NAME, order: SandboxListSortDirection.DESC }
    const names = (await query({ labels, limit: 2, ...last })).map(({ name }) => name.toLowerCase())
    assert.deepEqual(names, [...names].sort().reverse())
    assert.equal(names.length, 3)
    await refused(DaytonaBadRequestError, () => query({ limit: 201 }), '', 400)
  })
})

check('list.items_work', async () => {
  const labels = { family: unique('family') }
  await withSandbox({ labels: { ...labels } }, async (made) => {
    const [found, ...others] = await query({ labels })
    assert.equal(others.length, 0)
    assert.deepEqual([found.id, found.name, found.state], [made.id, made.name, SandboxState.STARTED])
    assert.equal((await found.process.executeCommand('echo listed')).result, 'listed\n')
    await made.delete(60, true)
    assert.deepEqual(await query({ labels }), [])
  })
})
