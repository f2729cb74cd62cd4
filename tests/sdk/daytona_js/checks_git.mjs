// git of a local repository: contract 2.6 and 4.3.

import assert from 'node:assert/strict'
import { check } from '../frame.mjs'
import { daytona, refused, withSandbox } from './kit.mjs'

const { DaytonaConflictError, DaytonaError, DaytonaNotFoundError } = daytona
const needs = { needs: ['git'] }

async function shell({ process }, command) {
  const done = await process.executeCommand(command)
  assert.equal(done.exitCode, 0, done.result)
  return done.result.trim()
}

/** Runs `use` with a repository of one commit, `work`, whose origin is the empty, bare `remote.git`. */
const withRepository = (use) =>
  withSandbox(async (sandbox) => {
    await shell(
      sandbox,
      'git init -q -b main work && cd work && echo one > one && git add one &&' +
        ' git -c user.name=A -c user.email=a@b.c commit -qm first &&' +
        ' git init -q --bare -b main ../remote.git && git remote add origin ../remote.git'
    )
    await use(sandbox.git, sandbox)
  })

check(
  'git.status_add_commit',
  () =>
    withRepository(async (git, sandbox) => {
      const clean = await git.status('work')
      assert.deepEqual([clean.currentBranch, clean.fileStatus], ['main', []])
      await sandbox.fs.uploadFile(Buffer.from('two'), 'work/two')
      const { fileStatus } = await git.status('work')
      const [{ name, staging, worktree }, ...others] = fileStatus
      assert.deepEqual([name, staging, worktree, others.length], ['two', 'Untracked', 'Untracked', 0])
      await git.add('work', ['two'])
      assert.equal((await git.status('work')).fileStatus[0].staging, 'Added')
      const { sha } = await git.commit('work', 'second', 'Ada Lovelace', 'ada@example.com')
      assert.equal(sha, await shell(sandbox, 'git -C work rev-parse HEAD'))
      const shown = await shell(sandbox, "git -C work log -1 --format='%an|%ae|%s'")
      assert.equal(shown, 'Ada Lovelace|ada@example.com|second')
      await refused(DaytonaError, () => git.commit('work', 'none', 'A', 'a@b.c'))
      const empty = await git.commit('work', 'none', 'A', 'a@b.c', true)
      assert.equal(empty.sha, await shell(sandbox, 'git -C work rev-parse HEAD'))
    }),
  needs
)

check(
  'git.branches',
  () =>
    withRepository(async (git) => {
      assert.deepEqual((await git.branches('work')).branches, ['main'])
      await git.createBranch('work', 'topic/one')
      assert.deepEqual((await git.branches('work')).branches.sort(), ['main', 'topic/one'])
      await git.checkoutBranch('work', 'topic/one')
      assert.equal((await git.status('work')).currentBranch, 'topic/one')
      await git.checkoutBranch('work', 'main')
      await git.deleteBranch('work', 'topic/one')
      assert.deepEqual((await git.branches('work')).branches, ['main'])
      await refused(DaytonaNotFoundError, () => git.checkoutBranch('work', 'none'), '', 404)
      await refused(DaytonaNotFoundError, () => git.deleteBranch('work', 'none'), '', 404)
    }),
  needs
)

check(
  'git.push_clone_pull',
  () =>
    withRepository(async (git, sandbox) => {
      const commit = async (folder, name) => {
        await sandbox.fs.uploadFile(Buffer.from(name), `${folder}/${name}`)
        await git.add(folder, [name])
        await git.commit(folder, name, 'A', 'a@b.c')
      }
      await git.push('work')
      // An engine without isolation has it elsewhere on the machine.
      const remote = await shell(sandbox, 'cd remote.git && pwd')
      await git.clone(remote, 'copy')
      assert.equal((await sandbox.fs.downloadFile('copy/one')).toString(), 'one\n')
      await commit('work', 'two')
      await git.push('work')
      await git.pull('copy')
      assert.equal((await sandbox.fs.downloadFile('copy/two')).toString(), 'two')
      await commit('copy', 'three')
      await commit('work', 'four')
      await git.push('work')
      await refused(DaytonaConflictError, () => git.push('copy'), '', 409)
      const missing = () => git.clone(`${remote}.none`, 'nowhere')
      await refused(DaytonaNotFoundError, missing, '', 404)
    }),
  needs
)

check(
  'git.no_repository',
  () =>
    withSandbox(async ({ git, fs }) => {
      await fs.createFolder('plain', '755')
      for (const path of ['plain', '/no/such/place']) {
        for (const action of [
          () => git.status(path),
          () => git.branches(path),
          () => git.add(path, ['x']),
          () => git.commit(path, 'm', 'A', 'a@b.c'),
          () => git.createBranch(path, 'b'),
          () => git.push(path),
          () => git.pull(path)
        ]) {
          await refused(DaytonaNotFoundError, action, '', 404)
        }
      }
    }),
  needs
)

check(
  'git.init_and_remotes',
  () =>
    withSandbox(async (sandbox) => {
      const { git } = sandbox
      await git.init('fresh', false, 'trunk')
      assert.equal(await shell(sandbox, 'git -C fresh symbolic-ref HEAD'), 'refs/heads/trunk')
      await git.remoteAdd('fresh', 'origin', '/home/user/bare.git')
      const { remotes } = await git.remotes('fresh')
      assert.deepEqual(remotes.map(({ name, url }) => [name, url]), [['origin', '/home/user/bare.git']])
      assert.equal(await git.remoteGet('fresh', 'origin'), '/home/user/bare.git')
      assert.equal(await git.remoteGet('fresh', 'none'), undefined)
      await refused(DaytonaError, () => git.remoteAdd('fresh', 'origin', '/elsewhere'))
    }),
  needs
)

check(
  'git.reset_and_restore',
  () =>
    withRepository(async (git, { fs }) => {
      await fs.uploadFile(Buffer.from('changed'), 'work/one')
      await git.add('work', ['one'])
      await git.reset('work')
      const [{ staging, worktree }] = (await git.status('work')).fileStatus
      assert.deepEqual([staging, worktree], ['Unmodified', 'Modified'])
      await git.restore('work', ['one'])
      assert.equal((await fs.downloadFile('work/one')).toString(), 'one\n')
    }),
  needs
)

check(
  'git.configuration',
  () =>
    withRepository(async (git, sandbox) => {
      await git.setConfig('user.name', 'Ada', 'local', 'work')
      assert.equal(await git.getConfig('user.name', 'local', 'work'), 'Ada')
      await git.configureUser('Grace', 'grace@example.com', 'local', 'work')
      assert.equal(await shell(sandbox, 'git -C work config user.email'), 'grace@example.com')
    }),
  needs
)

check(
  'git.credentials',
  () =>
    withSandbox(async ({ git }) => {
      await git.dangerouslyAuthenticate('someone', 'secret', 'git.example.com')
      assert.ok(await git.getConfig('credential.helper'))
    }),
  { needs: ['git', 'isolation'] }
)
