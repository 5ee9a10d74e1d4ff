import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { readSeal, writeSeal, type Seal, type SealedMessage } from './seal.ts';

const SECRET = Buffer.alloc(32, 7);
const MESSAGE: SealedMessage = { topic: 'paper.orders.filled', key: 'alpha:1', value: '{"id":"a"}' };
const SEAL: Seal = {
  part: 'engine',
  number: 12,
  previous: 9,
  after: new Map([
    ['risk', 40],
    ['strategy', 3],
  ]),
};

const part = fc.constantFrom('engine', 'risk_engine', 'feed', 'portfolio');
const count = fc.nat();
const anySeal = fc.record({ part, number: count, previous: count, after: fc.array(fc.tuple(part, count)) });

describe('a seal', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(anySeal, fc.string(), fc.string(), ({ after, ...rest }, key, value) => {
        const seal = { ...rest, after: new Map(after) };
        const message = { ...MESSAGE, key, value };
        assert.deepEqual(readSeal(writeSeal(seal, message, SECRET), message, SECRET), seal);
      }),
    );
  });

  test('is nobody else’s: another message, another secret or another number makes it none', () => {
    const text = writeSeal(SEAL, MESSAGE, SECRET);
    const others: SealedMessage[] = [
      { ...MESSAGE, topic: 'zerodha.orders.filled' },
      { ...MESSAGE, key: 'alpha:2' },
      { ...MESSAGE, value: '{"id":"b"}' },
      // The same characters, cut at another place.
      { ...MESSAGE, key: 'alpha:1{', value: '"id":"a"}' },
    ];
    for (const other of others) assert.equal(readSeal(text, other, SECRET), undefined);
    assert.equal(readSeal(text, MESSAGE, Buffer.alloc(32, 8)), undefined);
    assert.equal(readSeal(text.replace(' 12 ', ' 13 '), MESSAGE, SECRET), undefined);
    assert.equal(readSeal(text.replace('risk=40', 'risk=41'), MESSAGE, SECRET), undefined);
  });

  test('that is malformed is none, whatever it is', () => {
    const texts = ['', 'engine', 'engine 1 0  short', writeSeal(SEAL, MESSAGE, SECRET).slice(1).toUpperCase()];
    for (const text of texts) assert.equal(readSeal(text, MESSAGE, SECRET), undefined, text);
    fc.assert(fc.property(fc.string(), (text) => assert.equal(readSeal(text, MESSAGE, SECRET), undefined)));
  });
});
