import assert from 'node:assert/strict';
import test from 'node:test';
import { normaliseEvent, normaliseFields } from './normalise.ts';
import { REDACTED, TextCleaner } from './redaction.ts';

const cleaner = new TextCleaner(['hunter22']);
const fields = (value: unknown): Record<string, unknown> => structuredClone(normaliseFields(value, cleaner));

test('values that JSON cannot hold are written as something readable', () => {
  const plain = fields({
    big: 12345678901234567890n,
    nan: Number.NaN,
    infinite: -Infinity,
    symbol: Symbol('s'),
    call: () => 1,
    missing: undefined,
    nothing: null,
    date: new Date(0),
    badDate: new Date(Number.NaN),
    bytes: Buffer.from('secret bytes'),
    map: new Map<unknown, unknown>([
      ['a', 1],
      [7, 'seven'],
    ]),
    set: new Set([1n]),
    holes: [undefined, () => 1],
    url: new URL('https://example.test/x'),
  });
  assert.deepEqual(plain, {
    big: '12345678901234567890',
    nan: 'NaN',
    infinite: '-Infinity',
    symbol: 'Symbol(s)',
    call: '[function]',
    nothing: null,
    date: '1970-01-01T00:00:00.000Z',
    badDate: 'Invalid Date',
    bytes: '[12 bytes]',
    map: { a: 1, 7: 'seven' },
    set: ['1'],
    holes: [null, '[function]'],
    url: 'https://example.test/x',
  });
});

test('a circle is cut where it closes, and a value met twice side by side is written twice', () => {
  const circle: Record<string, unknown> = { name: 'a' };
  circle['self'] = circle;
  circle['list'] = [circle];
  const shared = { x: 1 };
  assert.deepEqual(fields({ circle, one: shared, two: shared }), {
    circle: { name: 'a', self: '[circular]', list: ['[circular]'] },
    one: { x: 1 },
    two: { x: 1 },
  });
  assert.deepEqual(fields(circle), { name: 'a', self: '[circular]', list: ['[circular]'] });
});

test('secrets are masked by name at any depth and by value in texts and in names', () => {
  const plain = fields({
    password: 'x',
    headers: { Authorization: 'token a:b', 'X-Request': 'hunter22' },
    list: [{ deep: { access_token: ['a', 'b'] } }],
    sessions: new Map([['enctoken', 'zzz']]),
    hunter22: 'as a name',
    note: 'it was hunter22!',
    error: { api_secret: undefined },
    token: new Error('a token as an error'),
    instrument_token: 738561,
  });
  assert.deepEqual(plain, {
    password: REDACTED,
    headers: { Authorization: REDACTED, 'X-Request': REDACTED },
    list: [{ deep: { access_token: REDACTED } }],
    sessions: { enctoken: REDACTED },
    [REDACTED]: 'as a name',
    note: `it was ${REDACTED}!`,
    error: {},
    token: REDACTED,
    instrument_token: 738561,
  });
});

test('the first error becomes error_type, error_message and stack with its causes; others stay under their name', () => {
  const cause = new TypeError('the inner one');
  const error = new Error('the outer one', { cause });
  const plain = fields({ broker: 'paper', failure: error, second: new RangeError('another') });
  assert.deepEqual(Object.keys(plain), ['broker', 'error_type', 'error_message', 'stack', 'second']);
  assert.equal(plain['error_type'], 'Error');
  assert.equal(plain['error_message'], 'the outer one');
  assert.match(String(plain['stack']), /^Error: the outer one\\n.*Caused by: TypeError: the inner one\\n/);
  const second = plain['second'] as Record<string, unknown>;
  assert.equal(second['error_type'], 'RangeError');
  assert.equal(second['error_message'], 'another');
});

test('of an error only what is named is written: its code, not the request it carries', () => {
  const error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', request: { headers: 'cookie' } });
  const plain = fields({ error });
  assert.equal(plain['error_code'], 'ECONNREFUSED');
  assert.deepEqual(Object.keys(plain), ['error_type', 'error_message', 'error_code', 'stack']);
});

test('an error given in place of fields, an aggregate and a circle of causes are written, too', () => {
  const first = new Error('first');
  first.cause = first;
  assert.equal(fields(first)['error_message'], 'first');
  const both = fields({ error: new AggregateError([new Error('one'), new Error('two')], 'both failed') });
  assert.match(String(both['stack']), /both failed.*One of: Error: one.*One of: Error: two/);
});

test('things that fight back do not throw', () => {
  const hostile = {
    get broken(): never {
      throw new Error('no');
    },
    json: {
      toJSON(): never {
        throw new Error('never');
      },
    },
    proxy: new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('trap');
        },
        getPrototypeOf() {
          throw new Error('trap');
        },
      },
    ),
    revoked: revokedProxy(),
  };
  const plain = fields(hostile);
  assert.equal(plain['broken'], '[unreadable: no]');
  assert.equal(plain['json'], '[unreadable: never]');
  assert.deepEqual(Object.keys(plain), ['broken', 'json', 'proxy', 'revoked']);
});

test('a field named __proto__ is a field and changes no object', () => {
  const plain = normaliseFields(JSON.parse('{"__proto__": {"polluted": true}}'), cleaner);
  assert.equal(JSON.stringify(plain), '{"__proto__":{"polluted":true}}');
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('depth, number of items and length of a record are bounded', () => {
  let deep: unknown = 'bottom';
  for (let level = 0; level < 10_000; level += 1) deep = { deep };
  const wide = Array.from({ length: 100_000 }, (_, index) => index);
  const long = Array.from({ length: 100 }, () => 'x'.repeat(8_000));
  assert.ok(JSON.stringify(fields({ deep })).length < 200);
  assert.ok(JSON.stringify(fields({ wide })).length < 20_000);
  const text = JSON.stringify(fields({ long }));
  assert.ok(text.length < 80_000, `${text.length}`);
  assert.match(text, /record too large/);
});

test('fields and events of the wrong kind are written as they are', () => {
  assert.deepEqual(fields(undefined), {});
  assert.deepEqual(fields(null), {});
  assert.deepEqual(fields('text'), { value: 'text' });
  assert.equal(normaliseEvent(42, cleaner), '42');
  assert.equal(normaliseEvent(undefined, cleaner), 'undefined');
  assert.equal(normaliseEvent({ a: 1n }, cleaner), '{"a":"1"}');
  assert.equal(normaliseEvent('hunter22\n', cleaner), `${REDACTED}\\n`);
});

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
