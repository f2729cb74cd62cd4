// Error classes and texts for keys, dead sandboxes, and a service in trouble.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { check, raises } from '../frame.mjs'
import { NOBODY, e2b, withSandbox } from './kit.mjs'

const {
  AuthenticationError, CommandExitError, NotFoundError, RateLimitError, Sandbox, SandboxError, SandboxNotFoundError,
  ServiceBusyError, TimeoutError,
} = e2b

check('errors.key', async () => {
  for (const [apiKey, reason] of [
    [`e2b_${'0'.repeat(40)}`, 'Cannot get the team for the given API key'],
    ['sk_1234', 'Invalid API key format'],
  ]) {
    const exact = `Unauthorized, please check your credentials. - ${reason}`
    await raises(AuthenticationError, () => Sandbox.create({ apiKey }), '', { exact })
    await raises(AuthenticationError, () => Sandbox.kill(NOBODY, { apiKey }), '', { exact })
    await raises(AuthenticationError, () => Sandbox.list({ apiKey }).nextItems(), '', { exact })
  }
})

check('errors.key_unset', async () => {
  // The setting is of the whole process, so a process of its own goes without.
  const kit = fileURLToPath(new URL('./kit.mjs', import.meta.url))
  const script = `import { e2b } from ${JSON.stringify(kit)}
    await e2b.Sandbox.create().catch((error) => console.log(error.constructor.name, error.message))`
  const { E2B_API_KEY, ...env } = process.env
  assert.ok(E2B_API_KEY)
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env })
  assert.match(stdout, /^AuthenticationError API key is required, please visit the API Keys tab at https:\/\/e2b\.dev/)
})

check('errors.dead_sandbox', () => withSandbox({}, async (sandbox) => {
  await sandbox.kill()
  const gone = 'The sandbox was not found: This error is likely due to sandbox timeout.'
  await raises(SandboxNotFoundError, () => sandbox.commands.run('true'), 'Sandbox is probably not running anymore')
  await raises(TimeoutError, () => sandbox.commands.list(), `[unavailable] ${gone}`)
  await raises(TimeoutError, () => sandbox.commands.kill(1), `[unavailable] ${gone}`)
  await raises(TimeoutError, () => sandbox.files.list('/'), `[unavailable] ${gone}`)
  await raises(TimeoutError, () => sandbox.files.read('/x'), gone)
  await raises(TimeoutError, () => sandbox.files.write('/x', 'x'), gone)
  const exact = `Sandbox ${sandbox.sandboxId} not found`
  await raises(SandboxNotFoundError, () => sandbox.setTimeout(5000), '', { exact })
  await raises(SandboxNotFoundError, () => sandbox.getInfo(), '', { exact })
  await raises(SandboxNotFoundError, () => sandbox.pause(), '', { exact })
  await raises(SandboxNotFoundError, () => sandbox.connect(), '', { exact: `Paused sandbox ${sandbox.sandboxId} not found` })
}))

check('errors.killed_in_flight', () => withSandbox({}, async (sandbox) => {
  const handle = await sandbox.commands.run('exec sleep 300', { background: true, timeoutMs: 0 })
  assert.equal(await sandbox.kill(), true)
  await raises(TimeoutError, () => handle.wait(),
    'The sandbox was killed or reached its end of life while the request was in flight.')
}))

check('errors.classes', async () => {
  assert.ok(new NotFoundError('x') instanceof SandboxError)
  assert.ok(new CommandExitError({ exitCode: 1, stdout: '', stderr: '', error: 'e' }) instanceof SandboxError)
  assert.ok(!(new AuthenticationError('x') instanceof SandboxError))
})

/** A service that refuses the first requests and passes the later ones on to the stand-in. */
async function trouble(refusals, body) {
  const seen = []
  const server = createServer(async (request, response) => {
    const pieces = []
    for await (const piece of request) pieces.push(piece)
    seen.push(request.url)
    const [status, headers] = refusals.shift() ?? []
    if (status) {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
      response.end(JSON.stringify({ code: status, message: 'M' }))
      return
    }
    const onwards = await fetch(process.env.E2B_API_URL + request.url, {
      method: request.method,
      headers: { 'Content-Type': 'application/json', 'X-API-KEY': request.headers['x-api-key'] },
      body: pieces.length > 0 ? Buffer.concat(pieces) : undefined,
    })
    response.writeHead(onwards.status, { 'Content-Type': 'application/json' })
    response.end(await onwards.text())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await body(`http://127.0.0.1:${server.address().port}`, seen)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

check('errors.not_retried', async () => {
  for (const [status, kind, exact] of [
    [503, ServiceBusyError, 'Service temporarily unavailable, please retry - M'],
    [429, RateLimitError, 'Rate limit exceeded, please try again later - M'],
    [500, SandboxError, '500: M'],
    [401, AuthenticationError, 'Unauthorized, please check your credentials. - M'],
  ]) {
    await trouble([[status, {}]], async (apiUrl, seen) => {
      await raises(kind, () => Sandbox.create({ apiUrl }), '', { exact })
      assert.equal(seen.length, 1, String(status))
    })
  }
})

check('errors.retried', () => trouble([[429, { 'Retry-After': '1' }]], async (apiUrl, seen) => {
  const sandbox = await Sandbox.create({ apiUrl, timeoutMs: 60_000 })
  await sandbox.kill()
  assert.equal(seen.filter((path) => path === '/v2/sandboxes').length, 2)
}))
