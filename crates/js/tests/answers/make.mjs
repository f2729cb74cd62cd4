// Asks Node for the answers that the tests of this crate compare with:
//   node make.mjs        (Node 20; writes the tables beside this file)
// A table has one case a line, columns between tabs; what is not printable ASCII, and `\`, is
// written as `\` and the four hexadecimal digits of its UTF-16 code unit.
import fs from 'node:fs';
import path from 'node:path';

const here = path.dirname(new URL(import.meta.url).pathname);
const escape = (text) => text.replace(/[^\x20-\x5b\x5d-\x7e]/g, (unit) => `\\${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const write = (name, rows) => {
  const lines = new Set(rows.map((row) => row.map((column) => escape(column)).join('\t')));
  fs.writeFileSync(path.join(here, name), [...lines].join('\n') + '\n');
};

// The same numbers every time (mulberry32).
let state = 20;
const random = (below) => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
};
const pick = (list) => list[random(list.length)];

// ---------------------------------------------------------------- JSON: input, `ok` with JSON.stringify and String, or `error` with the message
const json = [
  '', ' ', '{', '[', '[1', '[1,', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{a', '{"a":1,a', '{"a" 1}', '[1 2]', '{"a":1 2}', '"abc', '"a\nb"', '"\\x"',
  '"\\u12"', '"\\u', '"\\', '-', '-a', '01', '-01', '1.', '1.a', '1e', '1e+', '1ea', '1E-', 'tru', 'trux', 't1', 't"', 't-', 'n', 'nul', 'f', 'fals!', 'NaN', 'undefined',
  '[object Object]', 'Infinity', '-Infinity', ' NaN', 'NaN ', '1 2', '{}x', '{1:2}', '{"a":1,}', '[1,]', '[,]', ']', '}', ':', ',', '[1}', '{"a":1]', '"x" "y"', '1"x"',
  '["a" "b"]', '{"a":1,"b"', '{"a":1,"b" 2}', '{"a":1,"b" "c"}', '{"a":1,"b" -1}', '{"a":1,"b" x}', '{"a":1,"b"}', '{"a":{"b" 1}}', '{"a":1,"b":{"c"x', '{"a":}', '[1:2]', '\0', '\u00e9x', '\u20ac', '\ud83d\ude00', '[\ud83d\ude00]', '"\ud83d\ude00', '\ud800', '"\ud800', '[-]', '[-', '[1.]', '[1e]', '[00]', '1.5.5',
  '\ufeff1', '\ufeff', '-"', '-1x', '"a\tb', '"\x7f"', 'nullx', '[nullx]', '<html>', '<html><body>502 Bad Gateway</body></html>', 'upstream connect error or disconnect', 'Internal Server Error',
  'Bad Gateway', '123456789012345678901', 'x1234567890123456789', 'x12345678901234567890', '          x          ', '          x         ', '           x          ', '                    x',
  '{"error":"unauthorized"} trailing', '{"message": "x", "n": undefined}', "{'a': 1}", '// a\n{}', '{"a":1}\n\n', '\n\t {"a" :\r1 } ', '\u00a01', '\u20281', '1\u00a0', '\x0b1',
  '[1e999,-1e999,1e-999,-0,0,0.0,1E5,1e+5,123456789012345678901234567890,5e-324,1.7976931348623157e308]', '{"b":1,"a":2,"10":3,"9":4,"b":5,"01":6,"4294967295":7,"4294967294":8,"-1":9,"__proto__":10,"constructor":11}',
  '{"__proto__":{"x":1},"__proto__":null}', '"\\ud83d\\ude00\\ud83d\\ude00\\ude00\\ud83d"', '"\\ud83d\ude00"', '"\ud83d\\ude00"', '"\\u0000\\u001f\\u007f\\u0080\\u2028\\u2029\\ufeff\\uffff\\/"', '"\\b\\f\\n\\r\\t\\"\\\\"',
  '[[1,[2]],null,"x"]', '[]', '[[],[]]', '[[[]],[null],[{}],true]', '{"":""}', '[{"a":[{"b":{}}]},"\u00e9\u20ac\ud83d\ude00"]', '"\\u00E9\\u00e9"', '[true,false,null]', '{"\\u0061":1,"a":2}', '{"\\ud800":1}',
  '[1.0,1.50,100,1e21,1e20,1.5e-7,0.000001,123e-20,-5e-7,4.35,0.1,9007199254740993,2e308]', '"' + 'x'.repeat(30), '[' + '1,'.repeat(15) + 'x' + ',1'.repeat(15) + ']', '\ud83d\ude00'.repeat(12), 'ab\ud83d\ude00'.repeat(6),
  '[' + '\ud83d\ude00'.repeat(3) + '"' + 'y'.repeat(30), '"' + '\ud83d\ude00'.repeat(6) + '" \ud83d' + '\ude00'.repeat(10), '[1,2,3,4,5,' + '\ud83d\ude00'.repeat(12),
];
const whole = [
  '{"message":"sandbox \'main\' ready","n":[1,-2.5e3,true,false,null],"o":{"a":"\\u00e9\\n"}}', '[[[[{"a":[]}]]],"text",0.25,{"k":"v"}]', '"a string with \\"escapes\\" and \\u20ac"', '{"error":[{"code":"invalid_type","path":["name"]}]}',
  '-12.5e-3', 'true', '[null, false , true]', '{ "a" : 1 , "b" : [ 1 , 2 ] }', '{"e":"\ud83d\ude00\u00e9"}',
];
const characters = ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '1', '-', '+', '.', 'e', 'E', 't', 'n', 'u', ' ', '\n', '\t', '\0', '\x1f', '\x7f', '\u00e9', '\u20ac', '\ud83d\ude00', '\ud83d', '\ude00', '\ufeff', "'", '/', '%'];
for (let count = 0; count < 1200; count++) {
  const text = pick(whole);
  const at = random(text.length + 1);
  const change = random(5);
  if (change === 0) json.push(text.slice(0, at));
  else if (change === 1) json.push(text.slice(0, at) + pick(characters) + text.slice(at));
  else if (change === 2) json.push(text.slice(0, at) + pick(characters) + text.slice(at + 1));
  else if (change === 3) json.push(text.slice(0, at) + text.slice(at + 1 + random(3)));
  else json.push(Array.from({ length: 1 + random(26) }, () => pick(characters)).join(''));
}
write('json.tsv', json.map((text) => {
  try {
    const value = JSON.parse(text);
    // Objects without a prototype of their own making: String() of an own `toString` throws.
    return [text, 'ok', JSON.stringify(value), String(value)];
  } catch (error) {
    return [text, 'error', error.message];
  }
}));

// ---------------------------------------------------------------- strings: method, input, output
const strings = ['', ' ', 'abc', ' a b ', '\u0085a\u0085', '\u180ea\u180e', '\u200ba\u200b', '\ufeffa\ufeff', '\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000a\t\n\v\f\r ', '\ud800 ', ' \udc00', ' \ud83d\ude00 '];
const edge = ['\u001c', '\u001f', '\u0085', '\u00a0', '\u1680', '\u180e', '\u2007', '\u200b', '\u2028', '\u2060', '\u202f', '\u3000', '\ufeff', '\ud800', '\t', '\v', ' ', 'a', '\ud83d\ude00'];
for (let count = 0; count < 150; count++) strings.push(Array.from({ length: 1 + random(8) }, () => pick(edge)).join(''));
const cased = ['PNG', 'JpEg', '\u0130', '\u1e9e', '\u03a3', 'A\u03a3', 'A\u03a3B', '\u03a3A', 'A\u03a3.', 'A.\u03a3', 'A\u03a3\ud800', 'A\ud800\u03a3', '\ud801\udc00', '\u212a\u212b', '\u01c5', '\u0391\u03a5\u03a3\u03a4\u039f\u03a3', '\u00c4\u00d6', '\u2160', '\ua64a', '\u10a0', '\u13a0'];
const rows = [];
for (const text of strings) rows.push(['trim', text, text.trim()], ['trimStart', text, text.trimStart()], ['trimEnd', text, text.trimEnd()]);
for (const text of cased) rows.push(['toLowerCase', text, text.toLowerCase()]);
write('strings.tsv', rows);

// ---------------------------------------------------------------- lower case of every character that has one: input, output
const lower = [];
for (let code = 0; code < 0x110000; code++) {
  if (code >= 0xd800 && code <= 0xdfff) continue;
  const character = String.fromCodePoint(code);
  if (character.toLowerCase() !== character) lower.push([character, character.toLowerCase()]);
}
write('lower.tsv', lower);

// ---------------------------------------------------------------- base64: input, bytes in hexadecimal
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const others = ['=', '-', '_', ' ', '\n', '.', '@', '\0', '\u00e9', '\u00a0', '\u0141', '\u20ac', '\ud83d\ude00', '\ud800', '\uff21', '\u013d'];
const base64 = ['', '====', '@@@@', 'A', 'AA', 'AAA', 'AAAA', 'AA==', 'AA=A', 'AA= =', 'QUJD\nREVG\n', 'base64: /nope.png: No such file or directory\n\n[exit code 1]', "error: sandbox 'main' not provisioned", '-_-_', '+/-_', 'QQ==QQ==', 'Q', 'QUI=', 'QUI=QUJD'];
for (let count = 0; count < 400; count++) base64.push(Array.from({ length: random(count % 10 ? 14 : 90) }, () => (random(100) < 70 ? pick(digits) : pick(others))).join(''));
write('base64.tsv', base64.map((text) => [text, Buffer.from(text, 'base64').toString('hex')]));

// ---------------------------------------------------------------- UTF-8: bytes in hexadecimal, TextDecoder, Buffer, Response.text()
const bytes = ['', 'efbbbf', 'efbbbf61', 'efbbbfefbbbf61', 'efbbbfefbbbfefbbbf61', '61efbbbf', 'efbb', 'e282', 'e28261', 'f09f98', 'f09f9880', 'f0808080', 'c080', 'eda080', 'edbfbf', 'f4908080', 'ff', '80', 'c3', 'c328', 'e28228', '61e28262ff', 'f8888080', 'e0a0', 'f09f', 'e09f80'];
const byte = ['00', '41', '7f', '80', 'a0', 'bf', 'c0', 'c2', 'c3', 'e0', 'e2', 'ed', 'ef', 'bb', 'f0', 'f4', 'f5', 'ff', '9f', '90', '82', 'ac'];
for (let count = 0; count < 400; count++) bytes.push(Array.from({ length: 1 + random(9) }, () => pick(byte)).join(''));
const utf8 = [];
for (const hex of bytes) {
  const raw = Buffer.from(hex, 'hex');
  utf8.push([hex, new TextDecoder().decode(raw), raw.toString(), await new Response(raw).text()]);
}
write('utf8.tsv', utf8);

// ---------------------------------------------------------------- numbers: bits of the double in hexadecimal, String(number)
const bits = (number) => { const view = new DataView(new ArrayBuffer(8)); view.setFloat64(0, number); return view; };
const numbers = [0, -0, 1, -1, 0.1, 0.1 + 0.2, 1e21, 1e20, 999999999999999900000, 1e-6, 1e-7, 1.5e-9, 5e-324, 2.2250738585072014e-308, Number.MAX_VALUE, NaN, Infinity, -Infinity, 2 ** 53, 2 ** 53 + 2, 2 ** 31, 2 ** 32, 123456.789, 1 / 3, 4.35, 100, 1e100];
const rowsOfNumbers = numbers.map(bits);
for (let count = 0; count < 300; count++) {
  const view = new DataView(new ArrayBuffer(8));
  for (let at = 0; at < 8; at++) view.setUint8(at, random(256));
  if (count % 3 === 0) view.setFloat64(0, random(1e9) / 10 ** random(12));
  rowsOfNumbers.push(view);
}
write('numbers.tsv', rowsOfNumbers.map((view) => [Buffer.from(view.buffer).toString('hex'), String(view.getFloat64(0))]));

// ---------------------------------------------------------------- URLs: input, `href` (empty if `new URL` throws), user, password, port
const bases = ['http://h', 'https://h:443', 'http://h:80/', 'http://127.0.0.1:3000', 'http://[::1]:8080', 'http://h/x/', 'HTTP://EXAMPLE.test', 'http://', 'http:', 'h:3000', '', '/', 'undefined', 'h', 'ftp://h', 'http://h:99999', 'http://h:x', 'http://a b', ' http://h ', 'http://h?q', 'http://h#f', 'http://u:p@h', 'http://u@h', 'http://:@h', 'http://1.2.3', 'http://0x7f.1', 'http://256.1.1.1', 'http://\u00e9.test', 'http://xn--a', 'http:\\\\h', 'http:/h', 'file:///x', 'data:text/plain,x', 'http://h\t\n', 'http://%41', 'http://a%00b', 'http://a^b', 'http://a|b', 'http://h:', 'http://h:0', 'ws://h', 'javascript:x', 'http://[::1', 'http://a_b', 'http://-a', 'http://a..b', 'http://.', 'http://\u3002', 'http://\u00df.test', 'http://a\u00adb'];
const paths = ['/api/v1/managed_agents/sessions/s-1/sandbox/execute', '/a/../b', '/a/%2e%2e/b', '/a b', '/a%zzb', '/a?b#c', '/\u00e9\ud83d\ude00', '/a|b^c`d{e}', '/a\\b', '//a', '/./a/.', "/'\"<>", '/\ud800', '/a\tb\nc', '/%00', '/[x]', '/~!@$&*()_+-=;:,', '?q=\'"<>`{}|^ x', '#f "<>`', '/a/b/../../../c', '/\x7f\x01', '/;a=b'];
const urls = [];
for (const base of bases) for (const tail of ['', paths[0]]) urls.push(base + tail);
for (const tail of paths) urls.push(bases[0] + tail, bases[3] + tail);
write('urls.tsv', urls.map((input) => {
  try {
    const url = new URL(input);
    return [input, url.href, url.username, url.password, url.port];
  } catch {
    return [input, '', '', '', ''];
  }
}));
