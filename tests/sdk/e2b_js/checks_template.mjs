// Templates: built of steps and of a Dockerfile, followed, tagged, used.
//
// On an engine with images CUTOVER_BASE_IMAGE names the one that builds begin with; elsewhere the
// name is only told in the log.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { check, raises, sleep } from '../frame.mjs'
import { e2b, text, withSandbox } from './kit.mjs'

const { BuildError, Sandbox, SandboxError, Template, TemplateError, waitForFile } = e2b
const IMAGE = process.env.CUTOVER_BASE_IMAGE ?? 'debian:stable'
const needs = ['isolation']

/** Runs `body` with a folder of files to copy. */
async function withContext(body) {
  const root = await mkdtemp(join(tmpdir(), 'context-'))
  try {
    await mkdir(join(root, 'app', 'deep'), { recursive: true })
    await writeFile(join(root, 'app', 'main.sh'), 'echo main\n')
    await writeFile(join(root, 'app', 'deep', 'data.txt'), 'deep\n')
    await writeFile(join(root, 'one.txt'), 'one\n')
    return await body(root)
  } finally {
    await rm(root, { recursive: true })
  }
}

check('template.build', async () => {
  const logs = []
  const info = await withContext((root) => Template.build(
    Template({ fileContextPath: root })
      .fromImage(IMAGE)
      .setEnvs({ GREETING: 'hello' })
      .setWorkdir('/home/user/work')
      .copy('app', 'app')
      .copy('one.txt', '/home/user/work/kept.txt', { mode: 0o604 })
      .runCmd('echo $GREETING $(cat app/deep/data.txt) > said; cat said')
      .runCmd(['id -un > who', 'pwd > where'], { user: 'root' }),
    'steps:v1',
    { tags: ['stable'], cpuCount: 4, memoryMB: 512, skipCache: true, onBuildLogs: (entry) => logs.push(entry.message) },
  ))
  assert.deepEqual([...info.tags].sort(), ['stable', 'v1'])
  assert(logs.some((line) => line.includes(`[base] FROM ${IMAGE}`)), logs.join('\n'))
  assert(logs.includes('[builder 5/6] [stdout]: hello deep'), logs.join('\n'))
  for (const tag of ['v1', 'stable']) {
    await withSandbox({ template: `steps:${tag}` }, async (sandbox) => {
      assert.equal(await text(sandbox, 'cat said who where kept.txt; sh app/main.sh; stat -c %a kept.txt'),
        'hello deep\nroot\n/home/user/work\none\nmain\n604\n')
      assert.equal(await text(sandbox, 'id -un; echo "[$GREETING]"'), 'user\n[]\n')
      const { cpuCount, memoryMB } = await sandbox.getInfo()
      assert.deepEqual([cpuCount, memoryMB], [4, 512])
    })
  }
  assert(await Template.exists('steps'))
}, { needs })

check('template.dockerfile', async () => {
  await withContext((root) => Template.build(
    Template({ fileContextPath: root }).fromDockerfile([
      `FROM ${IMAGE}`,
      'ENV PLACE=/srv/here',
      'WORKDIR /srv/here',
      'COPY --chown=user:user app/ ./app/',
      'RUN echo $PLACE $(id -un) > made',
      'USER helper',
      'RUN id -un > ~/who',
    ].join('\n')),
    'dockerfile',
  ))
  await withSandbox({ template: 'dockerfile' }, async (sandbox) => {
    assert.equal(await text(sandbox, 'cat /srv/here/made ~/who; id -un; pwd; stat -c %U app/main.sh'),
      '/srv/here root\nhelper\nhelper\n/srv/here\nuser\n')
  })
}, { needs })

check('template.failing', async () => {
  const logs = []
  const template = Template().fromImage(IMAGE).runCmd('true').runCmd('echo why >&2; exit 7')
  await raises(BuildError,
    () => Template.build(template, 'failing', { onBuildLogs: (entry) => logs.push(entry.message) }),
    "failed to run command 'echo why >&2; exit 7': exit status 7")
  assert(logs.includes('[builder 2/2] [stderr]: why'), logs.join('\n'))
  await raises(SandboxError, () => Sandbox.create('failing'), '404: ')
}, { needs })

check('template.background', async () => {
  const info = await Template.buildInBackground(Template().fromImage(IMAGE).runCmd('sleep 0.5; exit 5'), 'background')
  let status
  do {
    await sleep(50)
    status = await Template.getBuildStatus(info)
  } while (['waiting', 'building'].includes(status.status))
  assert.deepEqual([status.status, status.reason.step], ['error', '1'])
  assert(status.reason.message.includes('exit status 5'), status.reason.message)
  const later = await Template.getBuildStatus(info, { logsOffset: 1 })
  assert.equal(later.logEntries.length, status.logEntries.length - 1)
}, { needs })

check('template.start', async () => {
  const template = Template().fromImage(IMAGE).setEnvs({ WORD: 'up' })
    .setStartCmd('echo $WORD > /tmp/state; exec sleep 1000', waitForFile('/tmp/state'))
  await Template.build(template, 'start')
  await withSandbox({ template: 'start' }, async (sandbox) => {
    assert.equal(await text(sandbox, 'cat /tmp/state'), 'up\n')
  })
}, { needs })

check('template.tags', async () => {
  await Template.build(Template().fromImage(IMAGE).runCmd('echo 1 > /tmp/n'), 'tags')
  const child = Template().fromTemplate('tags').runCmd('echo 2 >> /tmp/n')
  const info = await Template.build(child, 'tags', { tags: ['v2'] })
  const tagged = await Template.assignTags('tags:v2', ['best'])
  assert.deepEqual([tagged.buildId, tagged.tags], [info.buildId, ['best']])
  assert.deepEqual((await Template.getTags('tags')).map((it) => it.tag), ['default', 'v2', 'best'])
  await withSandbox({ template: 'tags:best' }, async (sandbox) => {
    assert.equal(await text(sandbox, 'cat /tmp/n'), '1\n2\n')
  })
  await Template.removeTags('tags', ['best', 'v2'])
  assert.deepEqual((await Template.getTags('tags')).map((it) => it.tag), ['default'])
  await raises(TemplateError, () => Template.removeTags('tags', 'default'), '400: ')
}, { needs })

check('template.refused', async () => {
  const plain = Template().fromImage(IMAGE)
  await raises(BuildError, () => Template.build(plain, 'base'), '', { exact: "409: Alias 'base' is already used" })
  await raises(BuildError, () => Template.build(plain, 'odd', { cpuCount: 3 }), '',
    { exact: '400: CPU count must be 1 or an even number' })
  await raises(BuildError, () => Template.build(Template().fromTemplate('no-such-template'), 'missing'), '',
    { exact: "404: template 'no-such-template' not found" })
})
