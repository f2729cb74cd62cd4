// What `@daytona/sdk` 0.180.0 does with the answers of a server: reads cases in the form of
// `answers.jsonl` and writes them with what was asked and what came of it.
//
//     npm install @daytona/sdk@0.180.0 && node make.mjs < answers.jsonl > new.jsonl
//
// Recorded with Node 20.20.2. A case is a call and answers, of which the last one repeats;
// `${server}` in them is the server's address. Every connection is closed after its answer.
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { Daytona } from '@daytona/sdk';

const cases = readFileSync(0, 'utf8').trim().split('\n').map((line) => JSON.parse(line));

/// Reads requests and answers them in order.
async function serve(answers, heard) {
  let asked = 0;
  const server = createServer((socket) => {
    let held = Buffer.alloc(0);
    let done = false;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      held = Buffer.concat([held, bytes]);
      const end = held.indexOf('\r\n\r\n');
      if (done || end < 0) return;
      const head = held.subarray(0, end).toString('latin1');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      const body = held.subarray(end + 4);
      if (body.length < length) return;
      done = true;
      const [method, path] = head.split(' ');
      const json = /content-type: application\/json/i.test(head);
      heard.push(json ? `${method} ${path} ${body}` : `${method} ${path}`);
      const answer = answers[Math.min(asked++, answers.length - 1)];
      if (answer.drop) return socket.destroy();
      const address = `http://127.0.0.1:${server.address().port}`;
      const content = Buffer.from((answer.body ?? '').replaceAll('${server}', address));
      const status = answer.status ?? 200;
      let written = `HTTP/1.1 ${status} Recorded\r\nconnection: close\r\n`;
      for (const [name, value] of Object.entries(answer.headers ?? {})) {
        written += `${name}: ${value.replaceAll('${server}', address)}\r\n`;
      }
      if (status !== 204 && status !== 304) {
        written += `content-length: ${answer.cut ? 1000 : content.length}\r\n`;
      }
      socket.end(Buffer.concat([Buffer.from(`${written}\r\n`), content]));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function call(daytona, { call, id = 's1', path = '/a', timeout = 5, params = {} }) {
  if (call === 'create') {
    const made = await daytona.create({ autoStopInterval: 0, ...params }, { timeout });
    return { id: String(made.id), state: made.state ?? null };
  }
  const sandbox = await daytona.get(id);
  switch (call) {
    case 'get': return { id: String(sandbox.id), state: sandbox.state ?? null };
    case 'execute': {
      const ran = await sandbox.process.executeCommand('c', undefined, undefined, 7);
      const code = ran.exitCode === undefined ? 'undefined' : { is: ran.exitCode };
      return { exit_code: code, result: ran.result };
    }
    case 'read': return { bytes: (await sandbox.fs.downloadFile(path)).toString('base64') };
    case 'write': await sandbox.fs.uploadFile(Buffer.from('x'), path); return {};
    case 'delete': await sandbox.delete(); return {};
  }
}

for (const { value, error, heard: _, ...one } of cases) {
  const heard = [];
  const server = await serve(one.answers, heard);
  const address = `http://127.0.0.1:${server.address().port}`;
  const daytona = new Daytona({ apiKey: 'k', apiUrl: (one.base ?? '${server}/api').replaceAll('${server}', address)  });
  let outcome;
  try {
    outcome = { value: await call(daytona, one) };
  } catch (thrown) {
    outcome = { error: thrown.message };
  }
  await new Promise((resolve) => setTimeout(resolve, 30));
  server.close();
  const line = JSON.stringify({ ...one, ...outcome, heard });
  console.log(line.replaceAll(address, '${server}').replaceAll(address.slice(7), '${host}'));
}
process.exit(0);
