import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedMessage, parseFix, type Fixed } from './dead-letter-fixes.ts';

const SIGNAL = '{"id":"s1","type":"trading_signal","data":{"quantity":0,"metadata":{"why":["a"]}}}';

function fixed(value: string, ...sets: readonly string[]): Fixed {
  return fixedMessage(value, sets.map(parseFix), 'letter/dlq.intake');
}

test('a fix keeps its JSON type, and what does not look like JSON is text', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['data.quantity=10', 10],
    ['data.price="10.50"', '10.50'],
    ['data.signal_type=BUY', 'BUY'],
    ['data.confidence=null', null],
    ['data.metadata={"a":[true]}', { a: [true] }],
    ['data.why=a=b', 'a=b'],
    ['data.why=', ''],
  ];
  for (const [text, value] of cases) assert.deepEqual(parseFix(text).value, value, text);
});

test('a fix that is none, or that would make another message of it, is refused', () => {
  for (const text of ['data.quantity', '=1', 'data..x=1', '.=1', 'data.__proto__=1', '__proto__.x=1']) {
    assert.throws(() => parseFix(text), /expected --set path=value such as data\.quantity=10, found/, text);
  }
  for (const path of ['id', 'broker', 'topic', 'data.broker', 'data.execution_mode']) {
    assert.throws(() => parseFix(`${path}=x`), new RegExp(`--set cannot change ${path}: `));
  }
  assert.throws(() => parseFix('data.metadata={"a"'), /expected --set data\.metadata to be JSON .*, found \{"a"/);
});

test('a message with an id that needs no fix stays as it is to the byte', () => {
  const spaced = ` ${SIGNAL} \n`;
  assert.deepEqual(fixed(spaced), { ok: true, value: spaced });
  assert.deepEqual(fixed('not JSON'), { ok: true, value: 'not JSON' });
});

test('a message without an id gets that of its letter', () => {
  for (const none of ['{"data":{}}', '{"id":null,"data":{}}']) {
    const made = fixed(none);
    assert.ok(made.ok);
    assert.deepEqual(JSON.parse(made.value), { id: 'letter/dlq.intake', data: {} });
  }
});

test('a fix changes a field that is there, deep ones and elements too, or adds one to data', () => {
  assert.deepEqual(fixed(SIGNAL, 'data.quantity=10', 'data.metadata.why.0="b"', 'data.price="1.5"'), {
    ok: true,
    value: '{"id":"s1","type":"trading_signal","data":{"quantity":10,"metadata":{"why":["b"]},"price":"1.5"}}',
  });
});

test('a path that is not there is refused with what is', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['quantity=1', /found quantity, which has id, type, data$/],
    ['data.metadata.x=1', /found data\.metadata\.x, which has why$/],
    ['data.metadata.why.1=1', /found data\.metadata\.why\.1$/],
    ['data.metadata.why.length=0', /found data\.metadata\.why\.length$/],
    ['data.nothing.x=1', /found data\.nothing\.x$/],
  ];
  for (const [set, problem] of refused) {
    const made = fixed(SIGNAL, set);
    assert.match(made.ok ? '' : made.problem, problem, set);
  }
  assert.equal(fixed('{"half"', 'data.x=1').ok, false);
  assert.equal(fixed('[]', 'data.x=1').ok, false);
});
