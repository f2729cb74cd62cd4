// The official npm client of the Model Context Protocol before `cutover mcp`: lists the tools and uses
// each, over the standard streams and over HTTP. Prints `ok WAY.WHAT` for what went well.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

import { packageFolder } from '../frame.mjs'

const { CUTOVER, LAP_BASE_URL, LAP_AUTH_TOKEN, SESSION } = process.env
const settings = { LAP_BASE_URL, LAP_AUTH_TOKEN }

const part = (path) =>
  import(pathToFileURL(join(packageFolder('@modelcontextprotocol/sdk'), 'dist/esm', path)).href)
const { Client } = await part('client/index.js')
const { StdioClientTransport } = await part('client/stdio.js')
const { StreamableHTTPClientTransport } = await part('client/streamableHttp.js')

async function use(way, transport) {
  const client = new Client({ name: 'judge', version: '1' })
  await client.connect(transport)
  const call = async (name, args) => {
    const result = await client.callTool({ name, arguments: args })
    assert.equal(result.content.length, 1)
    return [result.content[0].text, result.isError ?? false]
  }
  const ok = (what) => console.log(`ok ${way}.${what}`)

  const { tools } = await client.listTools()
  const names = tools.map((tool) => tool.name).sort()
  assert.deepEqual(names, ['execute', 'provision', 'read_file', 'upload_artifact'])
  for (const tool of tools) assert.equal(tool.inputSchema.type, 'object')
  ok('tools')
  let [text, isError] = await call('provision', { name: way, session_id: SESSION })
  assert.match(text, new RegExp(way))
  assert.equal(isError, false)
  ok('provision')
  const here = { sandbox_name: way, session_id: SESSION }
  const cmd = `printf 'é\\n%s' ${way} >/tmp/note; cat /tmp/note`
  assert.deepEqual(await call('execute', { ...here, cmd }), [`é\n${way}`, false])
  ok('execute')
  const note = { ...here, path: '/tmp/note' }
  assert.deepEqual(await call('read_file', note), [`é\n${way}`, false])
  ok('read_file')
  ;[text, isError] = await call('upload_artifact', note)
  assert.equal(isError, false, text)
  const kept = await fetch(text)
  assert.equal(await kept.text(), `é\n${way}`)
  ok('upload_artifact')
  ;[text, isError] = await call('read_file', { ...here, path: '/tmp/none' })
  assert.equal(isError, true, text)
  ;[text, isError] = await call('execute', { ...here, cmd: 'exit 7' })
  assert.equal(isError, true, text)
  assert.match(text, /\[exit code 7\]/)
  ok('errors')
  await client.close()
}

await use('streams', new StdioClientTransport({ command: CUTOVER, args: ['mcp'], env: settings }))

const server = spawn(CUTOVER, ['mcp', '--listen', '127.0.0.1:0'], {
  env: settings,
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const [url] = await once(createInterface({ input: server.stdout }), 'line')
  await use('http', new StreamableHTTPClientTransport(new URL(url)))
} finally {
  server.kill('SIGTERM')
  const [code] = await once(server, 'exit')
  assert.equal(code, 0)
}
