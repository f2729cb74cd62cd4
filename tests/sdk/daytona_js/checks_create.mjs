// Creating sandboxes: contract 1.3, 1.6 and 4.

import assert from 'node:assert/strict'
import { check } from '../frame.mjs'
import { SandboxState, all, another, client, daytona, discard, refused, unique, withSandbox } from './kit.mjs'

const {
  DaytonaAuthenticationError,
  DaytonaBadRequestError,
  DaytonaConflictError,
  DaytonaConnectionError,
  DaytonaError,
  DaytonaInvalidArgumentError,
  DaytonaNotFoundError,
  DaytonaTimeoutError,
  DaytonaValidationError,
  Image
} = daytona

check('create.defaults', async () => {
  const sandbox = await client().create()
  try {
    assert.equal(sandbox.state, SandboxState.STARTED)
    assert.match(sandbox.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    assert.equal(sandbox.name, sandbox.id)
    assert.deepEqual(sandbox.labels, { 'code-toolbox-language': 'python' })
    assert.deepEqual([sandbox.cpu, sandbox.memory, sandbox.disk, sandbox.gpu], [1, 1, 3, 0])
    assert.deepEqual([sandbox.user, sandbox.public, sandbox.env], ['daytona', false, {}])
    const { autoStopInterval, autoArchiveInterval, autoDeleteInterval } = sandbox
    assert.deepEqual([autoStopInterval, autoArchiveInterval, autoDeleteInterval], [15, 10080, -1])
    assert.equal(sandbox.target, 'us')
    assert.match(sandbox.toolboxProxyUrl, /\/toolbox$/)
    assert.equal((await sandbox.process.executeCommand('echo up')).result, 'up\n')
  } finally {
    await client().delete(sandbox)
  }
})

check('create.parameters', async () => {
  const name = unique('params')
  const envVars = { PLAIN: 'x', SPACED: 'a  b', QUOTED: 'it\'s "so"' }
  const params = {
    name,
    envVars,
    snapshot: 'litellm',
    language: 'typescript',
    user: 'somebody',
    labels: { team: 'a', empty: '' },
    public: true,
    autoStopInterval: 0,
    autoArchiveInterval: 0,
    autoDeleteInterval: 120,
    networkBlockAll: true
  }
  await withSandbox(params, async (made) => {
    const sandbox = await client().get(name)
    assert.deepEqual([sandbox.id, sandbox.name], [made.id, name])
    assert.deepEqual(sandbox.labels, { team: 'a', empty: '', 'code-toolbox-language': 'typescript' })
    assert.deepEqual([sandbox.user, sandbox.public, sandbox.networkBlockAll], ['somebody', true, true])
    // 0 stands for the longest time to archival.
    const { autoStopInterval, autoArchiveInterval, autoDeleteInterval } = sandbox
    assert.deepEqual([autoStopInterval, autoArchiveInterval, autoDeleteInterval], [0, 43200, 120])
    assert.equal(sandbox.snapshot, 'litellm')
    assert.deepEqual(sandbox.env, envVars)
    const script = 'printf "%s|%s|%s|%s" "$PLAIN" "$SPACED" "$QUOTED" "$DAYTONA_SANDBOX_USER"'
    const shown = await sandbox.process.executeCommand(script)
    assert.equal(shown.result, 'x|a  b|it\'s "so"|somebody')
  })
})

check('create.names_are_unique', async () => {
  const name = unique('unique')
  await withSandbox({ name }, async (sandbox) => {
    const taken = `Sandbox with name ${name} already exists`
    await refused(DaytonaConflictError, () => client().create({ name }), taken, 409)
    await sandbox.delete()
    // The name is free at once, though the sandbox may still be going.
    await withSandbox({ name }, async (again) => {
      assert.notEqual(again.id, sandbox.id)
      assert.equal(again.name, name)
    })
  })
})

check('create.ephemeral_goes_when_stopped', async () => {
  await withSandbox({ ephemeral: true }, async (sandbox) => {
    assert.equal(sandbox.autoDeleteInterval, 0)
    await sandbox.stop()
    await sandbox.waitUntilStopped()
    assert.ok([SandboxState.DESTROYED, SandboxState.STOPPED].includes(sandbox.state), sandbox.state)
  })
})

check('create.refusals', async () => {
  const create = (params) => () => client().create(params)
  const unknown = 'Snapshot none not found. Did you add it through the Daytona Dashboard?'
  // A missing snapshot is 400, not 404.
  const error = await refused(DaytonaBadRequestError, create({ snapshot: 'none' }), unknown, 400)
  assert.equal(error.message, unknown)
  assert.ok(error instanceof DaytonaValidationError && error instanceof DaytonaError)
  assert.equal(error.name, 'DaytonaValidationError')
  const mars = another({ target: 'mars' })
  await refused(DaytonaNotFoundError, () => mars.create(), 'Region not found', 404)
  await refused(DaytonaBadRequestError, create({ name: '<b>bold</b>' }), '', 400)
  const prefix = 'Missing CIDR prefix length (e.g., /24)'
  await refused(DaytonaBadRequestError, create({ networkAllowList: '10.0.0.0' }), prefix, 400)
  const volumes = [{ volumeId: 'v', mountPath: '/v' }]
  await refused(DaytonaError, create({ volumes }), 'the stand-in does not implement', 501)
})

check('create.checked_before_sending', async () => {
  for (const [params, text] of [
    [{ autoStopInterval: -1 }, 'autoStopInterval must be a non-negative integer'],
    [{ autoArchiveInterval: 1.5 }, 'autoArchiveInterval must be a non-negative integer'],
    [{ ttlMinutes: -1 }, 'ttlMinutes must be a non-negative integer'],
    [{ autoStopInterval: 5, autoPauseInterval: 5 }, 'mutually exclusive'],
    [{ language: 'cobol' }, 'Invalid code-toolbox-language: cobol']
  ]) {
    const error = await refused(DaytonaInvalidArgumentError, () => client().create(params), text)
    assert.equal(error.statusCode, undefined)
  }
  await refused(DaytonaInvalidArgumentError, () => client().create({}, { timeout: -1 }), 'Timeout must be')
})

check('create.from_image', async () => {
  const resources = { cpu: 2, memory: 4, disk: 5 }
  const params = { image: 'debian:12-slim', resources, envVars: { WHERE: 'image' } }
  await withSandbox(params, async (sandbox) => {
    assert.equal(sandbox.state, SandboxState.STARTED)
    assert.deepEqual([sandbox.cpu, sandbox.memory, sandbox.disk], [2, 4, 5])
    assert.equal(sandbox.buildInfo.dockerfileContent, 'FROM debian:12-slim\n')
    assert.match(sandbox.buildInfo.snapshotRef, /^daytona-/)
    assert.equal((await sandbox.process.executeCommand('printf %s $WHERE')).result, 'image')
  })
  const large = { image: 'debian:12', resources: { cpu: 8 } }
  const text = 'CPU request 8 exceeds maximum allowed per sandbox (4).'
  await refused(DaytonaBadRequestError, () => client().create(large), text, 400)
})

check(
  'create.from_image_with_logs',
  async () => {
    const image = Image.base('debian:12-slim').runCommands(`echo ${unique('line')}`).env({ A: 'b' })
    const logs = []
    const onSnapshotCreateLogs = (chunk) => logs.push(chunk)
    const sandbox = await client().create({ image }, { timeout: 60, onSnapshotCreateLogs })
    try {
      assert.equal(sandbox.state, SandboxState.STARTED)
      assert.equal(sandbox.buildInfo.dockerfileContent, image.dockerfile)
      assert.notEqual(logs.join('').trim(), '')
    } finally {
      await discard(sandbox)
    }
  },
  { needs: ['isolation'] }
)

check('create.wrong_key', async () => {
  const stranger = another({ apiKey: 'dtn_wrong' })
  try {
    for (const action of [
      () => stranger.create(),
      () => stranger.get('any'),
      () => all(stranger.list()),
      () => stranger.snapshot.list()
    ]) {
      const error = await refused(DaytonaAuthenticationError, action, 'Invalid credentials', 401)
      assert.equal(error.message, 'Invalid credentials')
    }
  } finally {
    await stranger[Symbol.asyncDispose]()
  }
})

check('create.nobody_listens', async () => {
  const lost = another({ apiUrl: 'http://127.0.0.1:9/api', useDeprecatedPolling: true })
  await refused(DaytonaConnectionError, () => lost.get('any'), '127.0.0.1:9')
})

check('create.no_credentials', async () => {
  const { Daytona } = daytona
  const make = async () => new Daytona({ jwtToken: 'x', apiUrl: 'http://127.0.0.1:9/api' })
  await refused(DaytonaAuthenticationError, make, 'DAYTONA_ORGANIZATION_ID is required')
})

check('create.too_short_a_wait', async () => {
  await withSandbox(async (sandbox) => {
    // The sandbox runs and is not stopped.
    const wait = () => sandbox.waitUntilStopped(1.2)
    await refused(DaytonaTimeoutError, wait, 'Sandbox failed to become stopped within the timeout period')
  })
})
