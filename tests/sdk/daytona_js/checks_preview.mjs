// Preview addresses of a port in the sandbox: contract 1.5 and 2.1.
//
// A preview host has the port and the sandbox in its name. A test machine need not resolve it: the
// request goes to the stand-in's own address with that name in the Host header.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { check, until } from '../frame.mjs'
import { withSandbox } from './kit.mjs'

/** Status and body of a GET of a preview address. */
function get(url, headers = {}) {
  const standin = new URL(process.env.DAYTONA_API_URL)
  const options = { host: standin.hostname, port: standin.port, headers: { Host: new URL(url).host, ...headers } }
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, path: '/', agent: false }, (answer) => {
      const chunks = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('end', () => resolve([answer.statusCode, Buffer.concat(chunks).toString()]))
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** A port of this check's own: without isolation, sandboxes share the machine's. */
const anyPort = () => 30_000 + Math.floor(Math.random() * 9_999)

async function serve({ process }, port) {
  const server = `nohup python3 -m http.server ${port} --bind 127.0.0.1 >server.log 2>&1 </dev/null &`
  await process.executeCommand(`printf served > index.html\n${server}`)
  const probe = `python3 -c 'import socket; socket.create_connection(("127.0.0.1", ${port}))'`
  await until(async () => (await process.executeCommand(probe)).exitCode === 0, 'the server listens')
}

check(
  'preview.link',
  () =>
    withSandbox(async (sandbox) => {
      const port = anyPort()
      await serve(sandbox, port)
      const { url, token, sandboxId } = await sandbox.getPreviewLink(port)
      assert.equal(sandboxId, sandbox.id)
      assert.ok(new URL(url).hostname.startsWith(`${port}-${sandbox.id}.`), url)
      assert.deepEqual(await get(url, { 'X-Daytona-Preview-Token': token }), [200, 'served'])
      assert.ok([307, 401].includes((await get(url))[0]), 'a private preview is shown to anybody')
    }),
  { needs: ['python3'] }
)

check(
  'preview.signed_link',
  () =>
    withSandbox(async (sandbox) => {
      const port = anyPort()
      await serve(sandbox, port)
      const signed = await sandbox.getSignedPreviewUrl(port, 300)
      assert.ok(new URL(signed.url).hostname.startsWith(`${port}-${signed.token}.`), signed.url)
      assert.deepEqual(await get(signed.url), [200, 'served'])
      await sandbox.expireSignedPreviewUrl(port, signed.token)
      assert.equal((await get(signed.url))[0], 401)
    }),
  { needs: ['python3'] }
)
