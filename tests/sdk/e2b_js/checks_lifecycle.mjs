// Sandboxes: made, found, listed, extended, reached, ended.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

import { check, raises, until } from '../frame.mjs'
import { NOBODY, e2b, pages, text, withSandbox } from './kit.mjs'

const { AuthenticationError, E2B, Sandbox, SandboxError, SandboxNotFoundError, Template, TemplateError } = e2b

const secondsLeft = (info) => (info.endAt.getTime() - Date.now()) / 1000

check('lifecycle.create', async () => {
  const metadata = { k: 'v', 'a/b': 'c=d&e é' }
  await withSandbox({ timeoutMs: 120_000, metadata }, async (sandbox) => {
    assert.match(sandbox.sandboxId, /^[a-z0-9]+$/)
    assert.equal(sandbox.trafficAccessToken, undefined)
    const info = await sandbox.getInfo()
    assert.deepEqual([info.sandboxId, info.state, info.metadata, info.name, info.envdVersion],
      [sandbox.sandboxId, 'running', metadata, 'base', '0.6.13'])
    assert.ok(info.templateId && info.cpuCount >= 1 && info.memoryMB >= 128)
    const seconds = (info.endAt - info.startedAt) / 1000
    assert.ok(seconds > 100 && seconds <= 121, String(seconds))
    assert.deepEqual(await Sandbox.getInfo(sandbox.sandboxId), info)
    assert.deepEqual(await Sandbox.getFullInfo(sandbox.sandboxId), info)
  })
  const sandbox = await Sandbox.create()
  try {
    const left = secondsLeft(await sandbox.getInfo())
    assert.ok(left > 250 && left <= 301, '300 s unless told otherwise')
  } finally {
    await sandbox.kill()
  }
})

check('lifecycle.create_options', () => withSandbox({
  secure: true, allowInternetAccess: false, lifecycle: { onTimeout: 'pause', autoResume: true },
}, async (sandbox) => {
  const info = await sandbox.getInfo()
  assert.equal(info.allowInternetAccess, false)
  assert.deepEqual([info.lifecycle.onTimeout, info.lifecycle.autoResume], ['pause', true])
}))

check('lifecycle.create_refused', async () => {
  await raises(SandboxError, () => Sandbox.create('no-such-template'), '',
    { exact: "404: template 'no-such-template' not found" })
  await raises(SandboxError, () => Sandbox.create({ timeoutMs: 0 }), '', { exact: '400: Timeout must be greater than 0' })
  await raises(SandboxError, () => Sandbox.create({ timeoutMs: 1e12 }), '400: ')
})

check('lifecycle.kill', async () => {
  await withSandbox({}, async (sandbox) => {
    assert.equal(await sandbox.isRunning(), true)
    assert.equal(await sandbox.kill(), true)
    assert.equal(await sandbox.isRunning(), false)
    assert.equal(await sandbox.kill(), false)
  })
  await withSandbox({}, async (sandbox) => {
    assert.equal(await Sandbox.kill(sandbox.sandboxId), true, 'by its id')
  })
  assert.equal(await Sandbox.kill(NOBODY), false)
})

check('lifecycle.connect', () => withSandbox({ timeoutMs: 600_000 }, async (sandbox) => {
  await sandbox.files.write('/tmp/mark', 'here')
  const before = (await sandbox.getInfo()).endAt
  const other = await Sandbox.connect(sandbox.sandboxId, { timeoutMs: 60_000 })
  assert.equal(other.sandboxId, sandbox.sandboxId)
  assert.equal(await other.files.read('/tmp/mark'), 'here')
  assert.deepEqual((await other.getInfo()).endAt, before, 'connect never shortens')
  assert.equal(await sandbox.connect({ timeoutMs: 1_200_000 }), sandbox)
  assert.ok((await sandbox.getInfo()).endAt - before > 400_000)
}))

check('lifecycle.set_timeout', () => withSandbox({ timeoutMs: 60_000 }, async (sandbox) => {
  assert.equal(await sandbox.setTimeout(600_000), undefined)
  assert.ok(secondsLeft(await sandbox.getInfo()) > 500)
  await Sandbox.setTimeout(sandbox.sandboxId, 30_000)
  assert.ok(secondsLeft(await sandbox.getInfo()) <= 31, 'it may be shortened')
  await sandbox.setTimeout(0)
  await until(async () => !(await sandbox.isRunning()), 'a lifetime of 0 ends it')
  assert.equal(await sandbox.kill(), false)
}))

check('lifecycle.list', async () => {
  const mark = randomUUID()
  const made = []
  try {
    for (let n = 0; n < 5; n += 1) {
      made.push(await Sandbox.create({ timeoutMs: 120_000, metadata: { mark, n: `${n} %&=é` } }))
    }
    const ids = made.map((it) => it.sandboxId)
    const listed = async (query = {}, options = {}) => {
      const paginator = Sandbox.list({ query: { metadata: { mark }, ...query }, ...options })
      assert.deepEqual([paginator.hasNext, paginator.nextToken], [true, undefined])
      return (await pages(paginator)).map((page) => page.map((it) => it.sandboxId))
    }
    const newest = ids.toReversed()
    assert.deepEqual(await listed(), [newest], 'newest first')
    assert.deepEqual(await listed({}, { order: 'asc' }), [ids])
    assert.deepEqual(await listed({}, { limit: 2 }), [newest.slice(0, 2), newest.slice(2, 4), newest.slice(4)])
    assert.deepEqual(await listed({ metadata: { mark, n: '3 %&=é' } }), [[ids[3]]])
    assert.deepEqual(await listed({ state: ['paused'] }), [[]])
    assert.deepEqual(await listed({ state: ['running', 'paused'] }), [newest])
    assert.deepEqual(await listed({ template: 'base' }), [newest])
    const paginator = Sandbox.list({ query: { metadata: { mark } }, limit: 1 })
    const [first] = await paginator.nextItems()
    assert.deepEqual([first.sandboxId, first.state, first.metadata.mark], [newest[0], 'running', mark])
    const further = Sandbox.list({ query: { metadata: { mark } }, limit: 1, nextToken: paginator.nextToken })
    assert.deepEqual((await further.nextItems()).map((it) => it.sandboxId), [newest[1]])
  } finally {
    await Promise.all(made.map((it) => it.kill()))
  }
})

check('lifecycle.list_refused', async () => {
  await raises(SandboxError, () => Sandbox.list({ nextToken: 'not a token' }).nextItems(), '',
    { exact: '400: Invalid next token' })
  await raises(SandboxError, () => Sandbox.list({ limit: 101 }).nextItems(), '400: ')
  const paginator = Sandbox.list({ query: { metadata: { none: randomUUID() } } })
  assert.deepEqual(await paginator.nextItems(), [])
  assert.equal(paginator.hasNext, false)
  await raises(Error, () => paginator.nextItems(), 'No more items to fetch')
})

check('lifecycle.unknown', async () => {
  const exact = `Sandbox ${NOBODY} not found`
  for (const call of [
    () => Sandbox.getInfo(NOBODY),
    () => Sandbox.setTimeout(NOBODY, 5000),
    () => Sandbox.getMetrics(NOBODY),
    () => Sandbox.pause(NOBODY),
    () => Sandbox.createSnapshot(NOBODY),
    () => Sandbox.updateNetwork(NOBODY, {}),
  ]) await raises(SandboxNotFoundError, call, '', { exact })
  await raises(SandboxNotFoundError, () => Sandbox.connect(NOBODY), '', { exact: `Paused sandbox ${NOBODY} not found` })
  await raises(SandboxNotFoundError, () => Sandbox.fork(NOBODY), NOBODY)
})

check('lifecycle.client', async () => {
  const bound = new E2B({ apiKey: process.env.E2B_API_KEY })
  const sandbox = await bound.Sandbox.create({ timeoutMs: 60_000 })
  try {
    assert.equal(await text(sandbox, 'echo bound'), 'bound\n')
  } finally {
    await sandbox.kill()
  }
  const other = new E2B({ apiKey: `e2b_${'0'.repeat(40)}` })
  await raises(AuthenticationError, () => other.Sandbox.create(), 'Unauthorized')
})

check('lifecycle.hosts', () => withSandbox({}, async (sandbox) => {
  const domain = process.env.E2B_DOMAIN ?? 'e2b.app'
  assert.equal(sandbox.getHost(3000), `3000-${sandbox.sandboxId}.${domain}`)
  assert.equal(sandbox.sandboxDomain, domain)
  assert.equal(sandbox.getMcpUrl(), `https://50005-${sandbox.sandboxId}.${domain}/mcp`)
}))

check('lifecycle.mcp_token', () => withSandbox({}, async (sandbox) => {
  await sandbox.files.write('/etc/mcp-gateway/.token', 'secret', { user: 'root' })
  assert.equal(await sandbox.getMcpToken(), 'secret', 'a file that the gateway leaves')
}), { needs: ['isolation'] })

check('lifecycle.at_once', async () => {
  const made = await Promise.all(Array.from({ length: 10 }, () => Sandbox.create({ timeoutMs: 120_000 })))
  try {
    assert.equal(new Set(made.map((it) => it.sandboxId)).size, 10)
    const said = await Promise.all(made.map((it) => text(it, 'echo $E2B_SANDBOX_ID')))
    assert.deepEqual(said.map((it) => it.trim()), made.map((it) => it.sandboxId))
  } finally {
    assert.deepEqual(await Promise.all(made.map((it) => it.kill())), Array(10).fill(true))
  }
})

check('lifecycle.templates', async () => {
  for (const name of ['exists', 'aliasExists']) {
    assert.deepEqual([await Template[name]('base'), await Template[name]('no-such-template')], [true, false])
  }
  assert.deepEqual((await Template.getTags('base')).map((it) => it.tag), ['default'])
  await raises(TemplateError, () => Template.getTags('no-such-template'), '404: ')
})
