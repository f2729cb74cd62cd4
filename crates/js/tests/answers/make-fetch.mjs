// Asks Node's fetch for the answers that `tests/fetch.rs` compares with:
//   node make-fetch.mjs        (Node 20; writes `fetch.jsonl` beside this file)
// A case is a request and what two servers, `here` and `there`, send back for each request that
// comes to either: bytes in base64 (with `{here}` and `{there}` for their addresses where they are
// text), and what happens to the connection then: `keep`, `close`, `reset`.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import zlib from 'node:zlib';

const out = path.join(path.dirname(new URL(import.meta.url).pathname), 'fetch.jsonl');
const cases = [];
const JSON_HEADERS = [['Content-Type', 'application/json'], ['Authorization', 'Bearer t']];
const text = (send, then = 'keep') => ({ send: Buffer.from(send).toString('base64'), then });
const answer = (status, headers = [], body = '', then = 'keep') => {
  const raw = Buffer.isBuffer(body) ? body : Buffer.from(body);
  const lines = [`HTTP/1.1 ${status}`, ...headers];
  if (!headers.some((line) => /^(content-length|transfer-encoding|x-no-length)/i.test(line))) lines.push(`content-length: ${raw.length}`);
  return { send: Buffer.concat([Buffer.from(lines.join('\r\n') + '\r\n\r\n'), raw]).toString('base64'), then };
};
const add = (name, answers, more = {}) => cases.push({ name, url: 'http://{here}/a/b', headers: JSON_HEADERS, body: '{"a":"é"}', abort_ms: null, ...more, answers });
const ok = (body = '{"n":1}') => answer('200 OK', ['content-type: application/json'], body);

// Answers as they are.
add('json', [ok()]);
add('json of an error', [answer('500 Internal Server Error', [], '{"error":"x"}')]);
add('no json', [answer('502 Bad Gateway', ['content-type: text/html'], '<html><body>Bad Gateway</body></html>')]);
add('nothing', [answer('200 OK')]);
add('null', [ok('null')]);
add('one mark', [ok('\ufeff{}')]);
add('two marks', [ok('\ufeff\ufeff{}')]);
add('three marks', [ok('\ufeff\ufeff\ufeff{}')]);
add('no utf-8', [answer('200 OK', [], Buffer.from([0x22, 0xe2, 0x82, 0x61, 0xff, 0x22]))]);
for (const status of ['201 Created', '204 No Content', '205 Reset Content', '304 Not Modified', '400 Bad Request', '401 Unauthorized', '404 Not Found', '418 Teapot', '429 Too Many', '503 Unavailable', '600 Odd', '999 Odd', '299 ']) {
  add(`status ${status}`, [answer(status, status.startsWith('204') || status.startsWith('304') ? ['x-no-length: 1'] : [], status.startsWith('204') || status.startsWith('304') ? '' : '{"s":1}')]);
}
add('proxy authentication', [answer('407 Proxy', [], '{}')]);
add('misdirected once', [answer('421 Misdirected', [], '{}'), ok()]);
add('misdirected twice', [answer('421 Misdirected', [], '{}'), answer('421 Misdirected', [], '{"again":1}')]);
add('continue first', [text('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')]);
add('hints first', [text('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')]);

// Framing.
add('chunks', [text('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{"a\r\n4;x=y\r\n":1}\r\n0\r\n\r\n')]);
add('chunks with trailers', [text('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx: y\r\n\r\n')]);
add('chunks cut', [text('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{"a\r\n', 'close')]);
add('chunks broken', [text('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{"a\r\n', 'close')]);
add('length cut', [text('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"a":1}', 'close')]);
add('length reset', [text('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"a":1}', 'reset')]);
add('length cut at once', [text('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n', 'close')]);
add('until the end', [text('HTTP/1.1 200 OK\r\n\r\n{"a":1}', 'close')]);
add('old until the end', [text('HTTP/1.0 200 OK\r\n\r\n{"a":1}', 'close')]);
add('closed', [text('', 'close')]);
add('reset', [text('', 'reset')]);
add('status line only', [text('HTTP/1.1 200 OK\r\n', 'close')]);
add('headers cut', [text('HTTP/1.1 200 OK\r\ncontent-le', 'close')]);
add('no http', [text('hello\r\n\r\n', 'close')]);
add('no length number', [text('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}', 'close')]);
add('other protocol', [text('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'close')]);

// Codings.
const json = Buffer.from(JSON.stringify({ text: 'x'.repeat(2000) }));
const gzip = zlib.gzipSync(json), deflate = zlib.deflateSync(json), raw = zlib.deflateRawSync(json), br = zlib.brotliCompressSync(json);
const coded = (name, coding, body, status = '200 OK', then = 'keep') => add(`coding: ${name}`, [answer(status, coding === null ? [] : [`content-encoding: ${coding}`], body, then)]);
coded('gzip', 'gzip', gzip);
coded('x-gzip', 'x-gzip', gzip);
coded('capitals', 'GZip', gzip);
coded('gzip of an error', 'gzip', gzip, '500 Error');
coded('deflate', 'deflate', deflate);
coded('raw deflate', 'deflate', raw);
coded('brotli', 'br', br);
coded('none', 'identity', json);
coded('empty name', '', json);
coded('unknown', 'zstd', json);
coded('gzip and unknown', 'gzip, zstd', gzip);
coded('two', 'deflate, gzip', zlib.gzipSync(deflate));
coded('five', 'gzip, gzip, gzip, gzip, gzip', [1, 2, 3, 4].reduce((body) => zlib.gzipSync(body), gzip));
coded('six', 'gzip, gzip, gzip, gzip, gzip, gzip', gzip);
coded('empty gzip', 'gzip', '');
coded('empty deflate', 'deflate', '');
coded('empty brotli', 'br', '');
coded('gzip that is none', 'gzip', '{"a":1}');
coded('deflate that is none', 'deflate', '{"a":1}');
coded('deflate that begins as one', 'deflate', Buffer.from([0x78, 0x9c, 0xff, 0xff, 0xff, 0xff, 0xff]));
coded('brotli that is none', 'br', '{"a":1} and more that is none');
for (const keep of [1, 5, 10, 15, -9, -8, -4, -1]) {
  coded(`gzip cut ${keep}`, 'gzip', gzip.subarray(0, keep));
  coded(`deflate cut ${keep}`, 'deflate', deflate.subarray(0, keep));
  coded(`raw cut ${keep}`, 'deflate', raw.subarray(0, keep));
  coded(`brotli cut ${keep}`, 'br', br.subarray(0, keep));
}
const flipped = (body, at) => { const copy = Buffer.from(body); copy[(at + copy.length) % copy.length] ^= 0xff; return copy; };
coded('gzip wrong sum', 'gzip', flipped(gzip, -6));
coded('gzip wrong size', 'gzip', flipped(gzip, -1));
coded('gzip wrong inside', 'gzip', flipped(gzip, 14));
coded('deflate wrong sum', 'deflate', flipped(deflate, -1));
coded('gzip and garbage', 'gzip', Buffer.concat([gzip, Buffer.from('garbage')]));
coded('gzip and zeros', 'gzip', Buffer.concat([gzip, Buffer.alloc(9)]));
coded('gzip twice', 'gzip', Buffer.concat([zlib.gzipSync('{"a":'), zlib.gzipSync('1}')]));
coded('gzip and half of one', 'gzip', Buffer.concat([gzip, gzip.subarray(0, 12)]));
coded('gzip and a magic', 'gzip', Buffer.concat([gzip, Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])]));
coded('deflate and garbage', 'deflate', Buffer.concat([deflate, Buffer.from('garbage')]));
coded('raw and garbage', 'deflate', Buffer.concat([raw, Buffer.from('garbage')]));
coded('brotli and garbage', 'br', Buffer.concat([br, Buffer.from('garbage')]));
add('coding: cut gzip of a cut answer', [text('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 99\r\n\r\n', 'close')]);
add('coding: two headers', [answer('200 OK', ['content-encoding: deflate', 'content-encoding: gzip'], zlib.gzipSync(deflate))]);

// Redirects.
for (const status of [300, 301, 302, 303, 304, 305, 307, 308]) {
  add(`redirect ${status}`, [answer(`${status} There`, ['location: /c?d=e', ...(status === 304 ? ['x-no-length: 1'] : [])]), ok()]);
  add(`redirect ${status} elsewhere`, [answer(`${status} There`, ['location: http://{there}/c', ...(status === 304 ? ['x-no-length: 1'] : [])]), ok()]);
}
add('redirect and back', [answer('307 There', ['location: http://{there}/c']), answer('308 There', ['location: http://{here}/d']), ok()]);
add('redirect 302 then 307', [answer('302 There', ['location: /c']), answer('307 There', ['location: /d']), ok()]);
add('redirect with a body', [answer('307 There', ['location: ../c'], 'moved'), ok()]);
add('redirect to nowhere', [answer('302 There', [], '{"a":1}')]);
add('redirect to nothing', [answer('302 There', ['location: '], '{"a":1}'), ok()]);
add('redirect to no url', [answer('302 There', ['location: http://'], '{"a":1}')]);
add('redirect to another scheme', [answer('302 There', ['location: ftp://{here}/c'])]);
add('redirect to data', [answer('302 There', ['location: data:application/json,{}'])]);
add('redirect to a user', [answer('307 There', ['location: http://u:p@{here}/c']), ok()]);
add('redirect to a bad port', [answer('307 There', ['location: http://127.0.0.1:6000/c'])]);
add('redirect twice said', [answer('307 There', ['location: /c', 'location: /d']), ok()]);
add('redirect beyond ascii', [answer('307 There', ['location: /é?ü']), ok()]);
add('redirect with a blank', [answer('307 There', ['location: /a b|c']), ok()]);
add('redirect with a tab', [answer('307 There', ['location: /a\tb']), ok()]);
add('redirect gzipped to nowhere', [answer('302 There', ['content-encoding: gzip'], gzip)]);
add('redirect 20 times', [...Array.from({ length: 20 }, (_, at) => answer('302 There', [`location: /r${at}`])), ok()]);
add('redirect 21 times', Array.from({ length: 21 }, (_, at) => answer('302 There', [`location: /r${at}`])));
add('redirect repeats 20 times', [...Array.from({ length: 20 }, (_, at) => answer('307 There', [`location: /r${at}`])), ok()]);

// Requests.
const asks = (name, more, answers = [ok()]) => add(`request: ${name}`, answers, more);
asks('no headers', { headers: [] });
asks('lower case', { headers: [['content-type', 'application/json'], ['authorization', 'Bearer x']] });
asks('blanks around', { headers: [['Authorization', ' \t Bearer  x \r\n ']] });
asks('empty token', { headers: [['Authorization', 'Bearer ']] });
asks('latin', { headers: [['Authorization', 'Bearer \u00e9\u00ff']] });
asks('tab inside', { headers: [['Authorization', 'Bearer \t x']] });
asks('line break', { headers: [['Authorization', 'Bearer a\nb']] });
asks('carriage return', { headers: [['Authorization', 'Bearer a\rb']] });
asks('nul', { headers: [['Authorization', 'Bearer a\0b']] });
asks('control', { headers: [['Authorization', 'Bearer a\x01b']] });
asks('delete', { headers: [['Authorization', 'Bearer a\x7fb']] });
asks('beyond latin', { headers: [['Authorization', 'Bearer \u20ac']] });
asks('emoji', { headers: [['Authorization', 'Bearer \ud83d\ude00']] });
asks('name beyond latin', { headers: [['\u20ac', 'x']] });
asks('bad name', { headers: [['a b', 'x']] });
asks('empty name', { headers: [['', 'x']] });
asks('latin name', { headers: [['\u00e9', 'x']] });
asks('name twice', { headers: [['X-A', '1'], ['x-a', '2'], ['X-B', '3']] });
asks('own accept', { headers: [['Accept', 'application/json'], ['User-Agent', 'me'], ['Accept-Encoding', 'identity'], ['Accept-Language', 'en'], ['Sec-Fetch-Mode', 'x']] });
asks('own host', { headers: [['Host', 'example.test']] });
asks('executor secret', { headers: [['content-type', 'application/json'], ['x-executor-secret', 's']] });
asks('empty body', { body: '' });
asks('long body', { body: `"${'é'.repeat(40000)}"` });
asks('path and query', { url: 'http://{here}/a/../b c/%zz|^{}`?q=\'"<>#frag' });
asks('slashes', { url: 'http://{here}//a//b/' });
asks('beyond ascii', { url: 'http://{here}/é\ud83d\ude00' });
asks('query only', { url: 'http://{here}?q' });
asks('blanks around the url', { url: ' http://{here}/a\n' });
asks('localhost', { url: 'http://localhost:{port}/a' });
asks('relative', { url: '/api/v1/x' });
asks('undefined', { url: 'undefined/api/v1/x' });
asks('empty url', { url: '' });
asks('port too large', { url: 'http://127.0.0.1:99999/api' });
asks('blank host', { url: 'http:// /api' });
asks('user', { url: 'http://u:p@{here}/api' });
asks('user without a password', { url: 'http://u@{here}/api' });
asks('empty user', { url: 'http://:@{here}/api' });
asks('another scheme', { url: 'ftp://{here}/api' });
asks('a scheme of a host', { url: 'h:3000/api' });
asks('file', { url: 'file:///etc/hostname' });
asks('about', { url: 'about:blank' });
asks('bad port', { url: 'http://127.0.0.1:6000/api' });
asks('unknown host', { url: 'http://nowhere.invalid/api' });
asks('refused', { url: 'http://127.0.0.1:1024/api' });
asks('plain text to a secure one', { url: 'https://{here}/api' }, [text('HTTP/1.1 400 Bad Request\r\n\r\n', 'close')]);
asks('bad header and bad url', { url: '/x', headers: [['Authorization', 'a\nb']] });
asks('wide header and bad url', { url: '/x', headers: [['Authorization', '\u20ac']] });
asks('bad header and user', { url: 'http://u@{here}/', headers: [['Authorization', 'a\nb']] });
asks('abort before headers', { abort_ms: 1000 }, [text('')]);
asks('abort within the body', { abort_ms: 1000 }, [text('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a"')]);
asks('abort within a redirect', { abort_ms: 1000 }, [answer('307 There', ['location: /c']), text('')]);

// ---------------------------------------------------------------- asking
const ports = {};
const masked = (said) => said.replaceAll(`127.0.0.1:${ports.here}`, '{here}').replaceAll(`127.0.0.1:${ports.there}`, '{there}').replaceAll(`:${ports.here}`, ':{port}');
const filled = (said) => said.replaceAll('{here}', `127.0.0.1:${ports.here}`).replaceAll('{there}', `127.0.0.1:${ports.there}`).replaceAll('{port}', ports.here);
let answers = [], seen = [], sockets = new Set();

// What stands in a table: names of headers in lower case, as nobody may tell them apart.
function request(head, body) {
  const [first, ...lines] = head.split('\r\n');
  return [masked(first), ...lines.map((line) => masked(line.replace(/^[^:]*/, (name) => name.toLowerCase())))].join('\n') + '\n\n' + (body.length > 200 ? `${body.length} bytes` : body.toString());
}
function serve(name) {
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let got = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      got = Buffer.concat([got, data]);
      for (;;) {
        const end = got.indexOf('\r\n\r\n');
        if (end < 0) { if (got[0] === 0x16) { socket.end(); } return; }
        const head = got.subarray(0, end).toString('latin1');
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (got.length < end + 4 + length) return;
        seen.push(`${name}: ${request(head, got.subarray(end + 4, end + 4 + length))}`);
        got = got.subarray(end + 4 + length);
        const next = answers.shift();
        if (!next) { socket.destroy(); return; }
        const send = Buffer.from(next.send, 'base64');
        const bytes = send.includes('{here}') || send.includes('{there}') ? Buffer.from(filled(send.toString())) : send;
        const after = () => { if (next.then === 'close') socket.end(); if (next.then === 'reset') setTimeout(() => socket.resetAndDestroy(), 30); };
        if (bytes.length) socket.write(bytes, after); else after();
      }
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => { ports[name] = server.address().port; resolve(server); }));
}
const lines = [];
for (const one of cases) {
  // New ones for each, so that no connection is left of the case before.
  const servers = [await serve('here'), await serve('there')];
  answers = [...one.answers]; seen = [];
  let outcome;
  const controller = new AbortController();
  const timer = one.abort_ms && setTimeout(() => controller.abort(), one.abort_ms);
  try {
    const response = await fetch(filled(one.url), { method: 'POST', headers: one.headers.some(([name], at) => one.headers.findIndex(([other]) => other === name) !== at) ? one.headers : Object.fromEntries(one.headers), body: one.body, signal: controller.signal });
    outcome = { status: response.status, ok: response.ok };
    const bytes = await response.clone().arrayBuffer().then((body) => Buffer.from(body), (error) => error);
    if (bytes instanceof Error) outcome.error = bytes.message;
    else {
      outcome.body = bytes.toString('base64');
      await response.json().then((value) => { outcome.json = JSON.stringify(value); }, (error) => { outcome.json_error = error.message; });
    }
  } catch (error) {
    outcome = { error: masked(error.message) };
  }
  clearTimeout(timer);
  lines.push(JSON.stringify({ ...one, requests: seen, outcome }));
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  sockets = new Set();
}
fs.writeFileSync(out, lines.join('\n') + '\n');
process.exit(0);
