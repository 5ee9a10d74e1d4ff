import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isBrokerId, type BrokerId } from '#core/ids.ts';
import {
  deadLetterTopic,
  MARKET_TICKS,
  namespacePrefix,
  parseTopic,
  STREAMS,
  topic,
  topicsOf,
  type Stream,
} from './topics.ts';

const streams = Object.keys(STREAMS) as Stream[];
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const broker = fc
  .array(word, { minLength: 1, maxLength: 3 })
  .map((words) => words.join('_'))
  .filter(isBrokerId);

test('a topic taken apart gives the broker and the stream it was made of', () => {
  fc.assert(
    fc.property(broker, fc.constantFrom(...streams), (of, stream) => {
      const name = topic(of, stream);
      assert.deepEqual(parseTopic(name), { scope: 'broker', broker: of, stream, deadLetters: false });
      const letters = deadLetterTopic(name);
      assert.equal(letters, `${name}.dlq`);
      assert.equal(deadLetterTopic(letters), letters);
      assert.deepEqual(parseTopic(letters), { scope: 'broker', broker: of, stream, deadLetters: true });
    }),
  );
});

test('the topics of a namespace begin with its prefix, and those of no other do', () => {
  const [short, long] = ['paper', 'paper_two'] as [BrokerId, BrokerId];
  for (const [mine, other] of [
    [short, long],
    [long, short],
  ] as const) {
    const begin = (of: BrokerId) => topicsOf([of]).filter((name) => name.startsWith(namespacePrefix(mine)));
    assert.equal(begin(mine).length, topicsOf([mine]).length - topicsOf([]).length);
    assert.deepEqual(begin(other), []);
  }
});

test('market data belongs to no broker', () => {
  assert.deepEqual(parseTopic(MARKET_TICKS), { scope: 'market', deadLetters: false });
  assert.deepEqual(parseTopic('market.ticks.dlq'), { scope: 'market', deadLetters: true });
});

test('names that are no topics are told apart', () => {
  const names = [
    '',
    '.',
    'paper',
    'paper.',
    '.signals.raw',
    'paper.signals',
    'paper.signals.raw.x',
    'Paper.signals.raw',
  ];
  const reserved = ['market.signals.raw', 'system.signals.raw', 'global.orders.filled', 'market.tick'];
  const odd = ['pa.per.signals.raw', 'paper_.signals.raw', 'paper.toString', 'paper.__proto__', 'paper.dlq', '.dlq'];
  for (const name of [...names, ...reserved, ...odd]) assert.equal(parseTopic(name), undefined, name);
});

test('every topic of a set of brokers is named once, with its dead letters, always in the same order', () => {
  const names = topicsOf(['paper', 'zerodha'] as BrokerId[]);
  assert.equal(names.length, 2 * (1 + 2 * streams.length));
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(names.slice(0, 4), [
    'market.ticks',
    'market.ticks.dlq',
    'paper.signals.raw',
    'paper.signals.raw.dlq',
  ]);
  for (const name of names) assert.notEqual(parseTopic(name), undefined, name);
});

test('no type is carried by two streams', () => {
  const types = streams.flatMap((stream) => [...STREAMS[stream].types]);
  assert.equal(new Set<string>(types).size, types.length);
});
