// The deprecated git module: a repository of the sandbox's own, and one it is cloned from.

import assert from 'node:assert/strict'

import { check, raises } from '../frame.mjs'
import { e2b, text, withSandbox } from './kit.mjs'

const { CommandExitError, GitUpstreamError, InvalidArgumentError } = e2b
const needs = ['isolation', 'git']

async function repository({ files, git }, path = '/tmp/repo') {
  await git.configureUser('A U Thor', 'author@example.com')
  await git.init(path, { initialBranch: 'main' })
  await files.write(`${path}/file`, '1\n')
  await git.add(path)
  await git.commit(path, 'first')
  return git
}

check('git.commit', () => withSandbox({}, async (sandbox) => {
  const { files, git } = sandbox
  await git.configureUser('A U Thor', 'author@example.com')
  assert.equal(await git.getConfig('user.name'), 'A U Thor')
  await git.init('/tmp/repo', { initialBranch: 'main' })
  await files.write('/tmp/repo/file', '1\n')
  let status = await git.status('/tmp/repo')
  assert.deepEqual([status.currentBranch, status.hasUntracked, status.isClean, status.totalCount], ['main', true, false, 1])
  await git.add('/tmp/repo', { files: ['file'] })
  status = await git.status('/tmp/repo')
  assert.deepEqual([status.hasStaged, status.stagedCount], [true, 1])
  const done = await git.commit('/tmp/repo', 'first line', { authorName: 'Else', authorEmail: 'e@x.y' })
  assert.equal(done.exitCode, 0)
  assert.equal(await text(sandbox, "git log -1 --format='%an <%ae> %s'", { cwd: '/tmp/repo' }), 'Else <e@x.y> first line\n')
  assert.equal((await git.status('/tmp/repo')).isClean, true)
  await raises(CommandExitError, () => git.commit('/tmp/repo', 'nothing to say'))
}), { needs })

check('git.branches', () => withSandbox({}, async (sandbox) => {
  const git = await repository(sandbox)
  await git.createBranch('/tmp/repo', 'feature')
  const found = await git.branches('/tmp/repo')
  assert.deepEqual([found.branches.toSorted(), found.currentBranch], [['feature', 'main'], 'feature'])
  await git.checkoutBranch('/tmp/repo', 'main')
  await git.deleteBranch('/tmp/repo', 'feature', { force: true })
  assert.deepEqual(await git.branches('/tmp/repo'), { branches: ['main'], currentBranch: 'main' })
  await raises(CommandExitError, () => git.checkoutBranch('/tmp/repo', 'none'))
}), { needs })

check('git.undo', () => withSandbox({}, async (sandbox) => {
  const git = await repository(sandbox)
  await sandbox.files.write('/tmp/repo/file', '2\n')
  await git.restore('/tmp/repo', { paths: ['file'] })
  assert.equal(await sandbox.files.read('/tmp/repo/file'), '1\n')
  await sandbox.files.write('/tmp/repo/file', '3\n')
  await git.add('/tmp/repo')
  await git.reset('/tmp/repo', { mode: 'hard', target: 'HEAD' })
  assert.equal(await sandbox.files.read('/tmp/repo/file'), '1\n')
}), { needs })

check('git.config', () => withSandbox({}, async (sandbox) => {
  const git = await repository(sandbox)
  await git.setConfig('cutover.key', 'global value')
  assert.equal(await git.getConfig('cutover.key'), 'global value')
  await git.setConfig('cutover.key', 'local', { scope: 'local', path: '/tmp/repo' })
  assert.equal(await git.getConfig('cutover.key', { scope: 'local', path: '/tmp/repo' }), 'local')
  assert.equal(await git.getConfig('cutover.absent'), undefined)
}), { needs })

check('git.remotes', () => withSandbox({}, async (sandbox) => {
  const { files } = sandbox
  const git = await repository(sandbox)
  await git.init('/tmp/bare.git', { bare: true, initialBranch: 'main' })
  assert.equal(await git.remoteGet('/tmp/repo', 'origin'), undefined)
  await raises(GitUpstreamError, () => git.pull('/tmp/repo'))
  await git.remoteAdd('/tmp/repo', 'origin', '/tmp/bare.git')
  assert.equal(await git.remoteGet('/tmp/repo', 'origin'), '/tmp/bare.git')
  await git.push('/tmp/repo', { remote: 'origin', branch: 'main' })
  await git.clone('/tmp/bare.git', { path: '/tmp/copy' })
  await files.write('/tmp/copy/other', '2\n')
  await git.add('/tmp/copy')
  await git.commit('/tmp/copy', 'second')
  await git.push('/tmp/copy')
  await git.pull('/tmp/repo', { remote: 'origin', branch: 'main' })
  assert.equal(await files.read('/tmp/repo/other'), '2\n')
}), { needs })

check('git.credentials', () => withSandbox({}, async ({ files, git }) => {
  await git.dangerouslyAuthenticate({ username: 'me', password: 'token', host: 'git.example.com' })
  assert.equal(await files.read('/home/user/.git-credentials'), 'https://me:token@git.example.com\n')
  await raises(InvalidArgumentError, () => git.dangerouslyAuthenticate({ username: '', password: '' }))
}), { needs })
