// Asks the SDK for the answers that `tests/e2b` compares with:
//   npm install --prefix DIR e2b@1.13.2 && node make.mjs DIR   (Node 20; writes `sdk.jsonl` beside this file)
// A case is a call, what a server sends back for each request (bytes in base64, then it hangs up),
// and what the SDK gave or threw. `requests` are what reached the server, where a case is about them.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import zlib from 'node:zlib';
import { createRequire } from 'node:module';

const out = path.join(path.dirname(new URL(import.meta.url).pathname), 'sdk.jsonl');
const require = createRequire(path.resolve(process.argv[2], 'x.js'));
const cases = [];
let sends = [], requests = [];
const unchunked = (raw) => { const parts = []; for (let at = 0; ;) { const end = raw.indexOf('\r\n', at); const n = parseInt(raw.subarray(at, end), 16); if (!n) return Buffer.concat(parts); parts.push(raw.subarray(end + 2, end + 2 + n)); at = end + 2 + n + 2; } };
const server = net.createServer((socket) => {
  let got = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    got = Buffer.concat([got, piece]);
    const end = got.indexOf('\r\n\r\n'); if (end < 0) return;
    const head = got.subarray(0, end).toString('latin1'); let body = got.subarray(end + 4);
    const length = /content-length: (\d+)/i.exec(head);
    if (length ? body.length < +length[1] : /chunked/i.test(head) && !body.includes('\r\n0\r\n\r\n')) return;
    if (!length && /chunked/i.test(head)) body = unchunked(body);
    const boundary = /boundary=(\S+)/.exec(head)?.[1] ?? '<no boundary>';
    const mask = (text) => text.replaceAll(boundary, '<boundary>').replace(/^host: .*/m, 'host: <host>');
    const [line, ...headers] = mask(head).split('\r\n');
    requests.push({ line, headers: headers.map((it) => { const at = it.indexOf(':'); return it.slice(0, at).toLowerCase() + it.slice(at); }), body: mask(body.toString('utf8')) });
    got = Buffer.alloc(0);
    socket.end(Buffer.from(sends.shift() ?? '', 'base64'));
  });
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const base = `http://127.0.0.1:${server.address().port}`;
const real = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = new URL(input.url ?? input), moved = base + url.pathname + url.search;
  return input.url ? real(new Request(moved, input)) : real(moved, init);
};
process.env.E2B_API_KEY = 'e2b_key';
const { Sandbox } = require('e2b');

const raw = (head, body = '') => Buffer.concat([Buffer.from(head.join('\r\n') + '\r\n\r\n'), Buffer.from(body)]).toString('base64');
const answer = (status, type, body = '', more = []) => { const bytes = Buffer.from(body); return raw([`HTTP/1.1 ${status} X`, 'connection: close', ...(type ? [`content-type: ${type}`] : []), ...more, ...(status === 204 ? [] : [`content-length: ${bytes.length}`])], bytes); };
const chunked = (status, body = '') => raw([`HTTP/1.1 ${status} X`, 'connection: close', 'transfer-encoding: chunked'], (body ? `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n` : '') + '0\r\n\r\n');
const json = (value, status = 200) => answer(status, 'application/json', typeof value === 'string' ? value : JSON.stringify(value));
const cut = (status, type, body) => raw([`HTTP/1.1 ${status} X`, `content-type: ${type}`, 'content-length: 500'], body);
const DROPPED = '';
const INFO = json({ sandboxID: 'abc', envdVersion: '0.2.0', state: 'running' });
const SECURE = json({ sandboxID: 'abc', envdVersion: '0.2.0', envdAccessToken: 'tok', state: 'running' });
const CALLS = {
  create: async () => (await Sandbox.create('tmpl', { timeoutMs: 3600000, envs: { B: '1', A: 'é' } })).sandboxId,
  label: async () => (await Sandbox.create('tmpl', { timeoutMs: 1500, envs: {}, metadata: { a: 'b' } })).sandboxId,
  connect: async (id) => (await Sandbox.connect(id ?? 'abc')).sandboxId,
  kill: () => Sandbox.kill('abc'),
  extend: () => Sandbox.setTimeout('abc', 3600000).then(() => null),
  run: async (cmd) => { const { stdout, stderr } = await (await Sandbox.connect('abc')).commands.run(cmd ?? 'echo x', { timeoutMs: 300000 }); return stdout + stderr; },
  read: async (file) => (await Sandbox.connect('abc')).files.read(file ?? '/x'),
  bytes: async () => [...await (await Sandbox.connect('abc')).files.read('/x', { format: 'bytes' })],
  write: async (content) => { await (await Sandbox.connect('abc')).files.write('/tmp/x', content ?? 'h'); return null; },
  stat: async () => (await Sandbox.connect('abc')).files.exists('/x').then(() => null),
};
async function add(name, call, answers, { arg, wire } = {}) {
  sends = [...answers]; requests = [];
  const made = { name, call, ...(arg === undefined ? {} : { arg }), answers };
  try { const gave = await CALLS[call](arg); made.gave = gave === undefined ? { nothing: true } : gave; } catch (error) { made.threw = error.message; }
  if (wire) made.requests = requests;
  cases.push(made);
}
const ofInfo = (name, send) => add(name, 'connect', [send]);
const envelope = (flags, content) => { const bytes = Buffer.from(content), head = Buffer.alloc(5); head[0] = flags; head.writeUInt32BE(bytes.length, 1); return Buffer.concat([head, bytes]); };
const start = envelope(0, '{"event":{"start":{"pid":1}}}'), end = envelope(0, '{"event":{"end":{"exited":true}}}'), last = envelope(2, '{}');
const out1 = (bytes, stream = 'stdout') => envelope(0, JSON.stringify({ event: { data: { [stream]: Buffer.from(bytes).toString('base64') } } }));
const stream = (frames, type = 'application/connect+json', status = 200) => answer(status, type, Buffer.concat(frames));
const ofRun = (name, frames, type, status) => add(name, 'run', [INFO, stream(frames, type, status)]);

// What is sent.
await add('create is sent', 'create', [json({ sandboxID: 'abc', envdVersion: '0.2.0' }, 201)], { wire: true });
await add('labels are sent', 'label', [json({ sandboxID: 'abc', envdVersion: '0.2.0' }, 201)], { wire: true });
await add('info is sent', 'connect', [INFO], { wire: true });
for (const arg of ['a b/../é?#', '', '..']) await add(`info of ${JSON.stringify(arg)} is sent`, 'connect', [INFO], { arg, wire: true });
await add('kill is sent', 'kill', [answer(204)], { wire: true });
await add('extend is sent', 'extend', [answer(204)], { wire: true });
await add('run is sent', 'run', [SECURE, stream([start, end, last])], { arg: 'printf "é\ud800"', wire: true });
await add('read is sent', 'read', [SECURE, answer(200, '', 'x')], { arg: "/tmp/a b+é&~.!*'()#", wire: true });
await add('read of half a character', 'read', [INFO, answer(200, '', 'x')], { arg: '/\ud800' });
await add('write is sent', 'write', [SECURE, json([{ path: '/tmp/x' }])], { arg: 'hé\nllo', wire: true });
await add('stat is sent', 'stat', [SECURE, json({ entry: { name: 'x', type: 'FILE_TYPE_FILE', path: '/x', size: '3' } })], { wire: true });

// The control plane.
for (const [status, body] of [[404, { code: 404, message: 'gone' }], [401, { message: 'bad' }], [429, { message: 'slow' }], [500, '5'], [500, 'false'], [500, '[1,[2]]'], [500, '{"message":null}'], [500, '{"message":""}'], [500, '{"message":{"a":1}}'], [500, 'null'], [500, '"text"'], [429, 'null'], [503, '<html>'], [200, '5'], [200, '""'], [200, 'null'], [200, 'nope'], [200, '{}'], [200, '\ufeff{}']])
  for (const call of ['connect', 'create', 'kill', 'extend']) if (status !== 200 || call !== 'extend') await add(`${call} ${status} ${JSON.stringify(body)}`, call, [json(body, status)]);
for (const call of ['connect', 'create', 'kill']) {
  await add(`${call} empty`, call, [chunked(404)]); await add(`${call} length 0`, call, [answer(404, '')]); await add(`${call} ok length 0`, call, [answer(200, '')]); await add(`${call} 204`, call, [answer(204)]);
  await add(`${call} dropped`, call, [DROPPED]); await add(`${call} cut`, call, [cut(200, 'application/json', '{"sand')]);
}
for (const version of ['1', 'x', '', '0.1', 'v0.2.0', null, 5, '0.0.9', '0.1.0-alpha']) await add(`create by version ${JSON.stringify(version)}`, 'create', [json({ sandboxID: 'abc', envdVersion: version }, 201), answer(204)]);
await add('too old and not killed', 'create', [json({ sandboxID: 'abc', envdVersion: '0.0.1' }, 201), json({ message: 'no' }, 500)]);
await add('create without an id', 'create', [json({ envdVersion: '0.2.0' }, 201)]);
await add('create with a number for an id', 'create', [json({ sandboxID: 5, envdVersion: '0.2.0' }, 201)]);

// Commands.
await ofRun('both streams', [start, out1('o1'), out1('e1', 'stderr'), out1('o2'), end, last]);
await ofRun('after the end', [start, out1('a'), end, out1('b'), last]);
await ofRun('two ends', [start, envelope(0, '{"event":{"end":{"exitCode":3}}}'), end, last]);
await ofRun('borders', [start, out1([0xc3]), out1([0xa9]), out1([0xef, 0xbb, 0xbf, 97]), out1([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 98]), out1([0xe2, 0x82]), end, last]);
for (const told of ['nope', '', 'null', '[]', '[1,2]', '5', 'true', '"x"', '"a\\"b"', '{"event":5}', '{"event":null}', '{"event":[]}', '{"other":1}', '\ufeff{}'].concat(
  ['{"exitCode":"3"}', '{"exitCode":"x"}', '{"exitCode":1.5}', '{"exitCode":null}', '{"exitCode":99999999999}', '{"exitCode":{}}', '{"exitCode":[1]}', '{"exitCode":true}', '{"exit_code":4,"error":"four"}', '{"exit_code":4,"exitCode":4}', '{"error":5}', '{"error":"abcdefghijklmnopqrstuvwxyz0123456789"}', '{"exitCode":1,"error":"é"}', '{"exited":"x"}', '{"exited":"abcdefghijklmnopqrstuvwxyz0123456789"}', '{"exited":"a\\"b"}', '{"status":1}', 'true', 'null', '[]'].map((it) => `{"event":{"end":${it}}}`),
  ['{"stdout":5}', '{"stdout":"%%%"}', '{"stdout":"Y"}', '{"stdout":"YQ"}', '{"stdout":"_-8="}', '{"stdout":"Y Q=="}', '{"stdout":"YQ==YQ=="}', '{"stdout":null}', '{"stdout":"YQ==","stderr":"YQ=="}', '{"stdout":null,"stderr":"YQ=="}', '{"pty":"YQ=="}', 'null', '[]', '{}'].map((it) => `{"event":{"data":${it}}}`),
  ['{"data":{},"end":{}}', '{"data":null,"end":{}}', '{"start":{"pid":-1}}', '{"start":{"pid":"x"}}', '{"start":{"pid":4294967296}}', '{"start":null}', '{"keepalive":[]}', '{"keepalive":{}}', '{"keepalive":null}', '{"future":{}}'].map((it) => `{"event":${it}}`)))
  await ofRun(`told ${JSON.stringify(told)}`, [start, out1('a'), envelope(0, told), out1('b'), end, last]);
for (const told of ['nope', '{}', '{"event":{}}', '{"event":{"keepalive":{}}}', '{"event":{"data":{"stdout":"YQ=="}}}']) await ofRun(`first ${told}`, [envelope(0, told), end, last]);
for (const told of ['nope', '', 'null', '[]', '5', '{"error":null}', '{"error":5}', '{"error":[]}', '{"error":{}}', '{"error":{"code":"zzz","message":"m"}}', '{"error":{"code":5,"message":"m"}}', '{"error":{"code":"internal","message":5}}', '{"error":{"code":"not_found"}}', '{"metadata":5}', '{"metadata":{"a":["b"]}}', '{"metadata":{"a":"b"}}', '{"metadata":{"a":[5]}}', '{"error":{"code":"aborted","message":"m","details":[5]}}', '{"error":{"code":"aborted","message":"m","details":[{"type":"t","value":"YQ"}]}}', '{"error":{"code":"aborted","message":"m","details":[{"type":"t","value":"%"}]}}', '{"error":{"code":"aborted","message":"m","details":5}}']) await ofRun(`ended ${told}`, [start, out1('a'), end, envelope(2, told)]);
for (const code of ['canceled', 'unknown', 'invalid_argument', 'deadline_exceeded', 'not_found', 'already_exists', 'permission_denied', 'resource_exhausted', 'failed_precondition', 'aborted', 'out_of_range', 'unimplemented', 'internal', 'unavailable', 'data_loss', 'unauthenticated'])
  for (const before of [[], [start]]) await ofRun(`${code} ${before.length ? 'after' : 'before'} the start`, [...before, envelope(2, JSON.stringify({ error: { code, message: 'words' } }))]);
await ofRun('half a head', [start, Buffer.from([0, 0, 0])]); await ofRun('half a message', [start, Buffer.from([0, 0, 0, 0, 50]), Buffer.from('{"eve')]); await ofRun('a head alone', [start, Buffer.from([0, 0, 0, 0, 50])]);
await ofRun('behind the last', [start, last, end]); await ofRun('nonsense behind the last', [start, last, envelope(0, 'nope')]); await ofRun('two last ones', [start, end, last, last]);
await ofRun('other flags', [start, end, envelope(4, '{}'), last]); await ofRun('compressed', [start, end, envelope(1, '{}'), last]); await ofRun('no last', [start, end]); await ofRun('nothing', []);
for (const type of ['', 'application/connect+json; charset=utf-8', 'application/connect+json;charset=UTF8', 'application/connect+proto', 'application/json', 'text/html', 'APPLICATION/CONNECT+JSON', 'application/connect+json; x=y']) await ofRun(`type ${JSON.stringify(type)}`, [start, out1('a'), end, last], type);
for (const status of [201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504]) await ofRun(`status ${status}`, status === 204 ? [] : [Buffer.from('{"code":"not_found","message":"m"}')], 'application/json', status);
await add('run dropped', 'run', [INFO, DROPPED]); await add('run cut', 'run', [INFO, cut(200, 'application/connect+json', Buffer.concat([start, out1('a')]))]);
await add('run compressed', 'run', [INFO, answer(200, 'application/connect+json', zlib.gzipSync(Buffer.concat([start, out1('a'), end, last])), ['content-encoding: gzip'])]);

// Files.
for (const call of ['read', 'bytes']) {
  for (const [status, body] of [[200, 'x'], [200, '\ufeffa'], [200, '\ufeff\ufeffa'], [200, '{"a":1}'], [205, ''], [400, '5'], [400, '[1]'], [400, 'true'], [400, '{"message":5}'], [400, '{"message":{"a":1}}'], [400, '{"message":""}'], [500, 'null'], [500, '{"code":5}'], [500, 'text'], [404, '<html>']].concat([400, 401, 403, 404, 409, 429, 500, 502, 503, 507].map((status) => [status, '{"message":"words"}'])))
    await add(`${call} ${status} ${JSON.stringify(body)}`, call, [INFO, answer(status, '', body)]);
  await add(`${call} length 0`, call, [INFO, answer(200, '')]); await add(`${call} chunked nothing`, call, [INFO, chunked(200)]); await add(`${call} 204`, call, [INFO, answer(204)]);
  for (const status of [400, 404, 502, 500]) { await add(`${call} ${status} length 0`, call, [INFO, answer(status, '')]); await add(`${call} ${status} chunked nothing`, call, [INFO, chunked(status)]); }
  await add(`${call} compressed`, call, [INFO, answer(200, '', zlib.gzipSync('abc'), ['content-encoding: gzip'])]);
  await add(`${call} dropped`, call, [INFO, DROPPED]); await add(`${call} cut`, call, [INFO, cut(200, 'text/plain', 'part')]);
}
await add('bytes that are no text', 'bytes', [INFO, answer(200, '', Buffer.from([0xff, 0, 0xef, 0xbb, 0xbf]))]);
for (const [status, body] of [[200, '[]'], [200, 'null'], [200, '5'], [200, '0'], [200, '""'], [200, 'nope'], [400, '{"message":"bad"}'], [507, '{"message":"full"}'], [500, 'null'], [500, '{}']]) await add(`write ${status} ${body}`, 'write', [INFO, json(body, status)]);
await add('write 204', 'write', [INFO, answer(204)]); await add('write length 0', 'write', [INFO, answer(200, '')]); await add('write dropped', 'write', [INFO, DROPPED]);

fs.writeFileSync(out, cases.map((it) => JSON.stringify(it) + '\n').join(''));
server.close();
console.log(`${cases.length} cases`);
process.exit(0);
