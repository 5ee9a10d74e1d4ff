import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import type { NewMessage } from '#ports/event-log.ts';
import { deadLetter } from '#wire/dead-letter.ts';
import { OPEN } from '../../../test/support/builders.ts';
import { runCli, smallData, type Ran } from '../../../test/support/cli.ts';
import { SmallMarket } from '../../../test/support/small-market.ts';

const RAW = 'paper.signals.raw';
const LETTERS = `${RAW}.dlq`;

function dlq(directory: string, ...args: readonly string[]): Promise<Ran> {
  const env = { ACTIVE_BROKERS: 'paper,zerodha' };
  return runCli(['dlq', ...args, '--data-dir', directory], { env });
}

/** Has the platform take what waits, after these messages. */
function take(directory: string, messages: readonly NewMessage[] = []): SmallMarket['intake'] {
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  inbox.put(messages);
  const market = new SmallMarket(store, inbox);
  market.run(70, 71);
  inbox.close();
  store.close();
  return market.intake;
}

function raw(value: string, topic = RAW): NewMessage {
  return { topic, key: 'mine:738561', id: undefined, value };
}

function signal(data: object, envelope: object = {}): NewMessage {
  const whole = { strategy_id: 'mine', instrument_token: 738561, signal_type: 'BUY', quantity: 1, ...data };
  return raw(JSON.stringify({ type: 'trading_signal', version: 1, broker: 'paper', ...envelope, data: whole }));
}

/** A text that no store keeps as it is, in the letter of a service outside. */
function half(): NewMessage {
  const about = { topic: RAW, offset: 0, key: 'mine:738561', value: '\ud800"', attempts: 1, service: 'mine' };
  return deadLetter({ ...about, code: 'MALFORMED_JSON', message: 'expected JSON', at: OPEN });
}

/** `not\nJSON` at 0, half a surrogate at 1, a quantity of zero at 2, a stranger's text at 3; one letter in `system.dlq`. */
function withLetters(t: TestContext): string {
  const directory = smallData(t);
  const zero = signal({ quantity: 0 }, { id: 'sig-1' });
  take(directory, [half(), zero, raw('hello', LETTERS), raw('{}', 'paper.orders.lost')]);
  return directory;
}

test('list shows every letter with its cause and counts them', async (t) => {
  const directory = withLetters(t);
  const { code, stdout } = await dlq(directory, 'list');
  assert.equal(code, 0);
  const [head, ...lines] = stdout.split('\n');
  assert.match(head ?? '', /^topic +offset +time +code +attempts +service +key +settled +cause$/);
  assert.equal(lines.length, 6);
  assert.match(
    stdout,
    /^paper\.signals\.raw\.dlq +2 +2021-\S+ +INVALID_DATA +1 +intake +mine:738561 +- +\S.*quantity/m,
  );
  assert.equal(
    lines.at(-2),
    '4 dead letters: 4 open, 0 replayed, 0 discarded; 1 other messages lie on these topics, see alpha-panda events',
  );
});

test('list --json is told apart by topic, broker and code, the newest last', async (t) => {
  const directory = withLetters(t);
  const placesOf = async (...args: readonly string[]) => {
    const { stdout } = await dlq(directory, 'list', '--json', ...args);
    return (JSON.parse(stdout) as { topic: string; offset: number }[]).map(({ topic, offset }) => `${topic} ${offset}`);
  };
  const all = [`${LETTERS} 1`, `${LETTERS} 0`, `${LETTERS} 2`, 'system.dlq 0'];
  assert.deepEqual(await placesOf(), all);
  assert.deepEqual(await placesOf('--broker', 'paper'), all);
  assert.deepEqual(await placesOf('--broker', 'zerodha'), []);
  assert.deepEqual(await placesOf('--topic', RAW), all.slice(0, 3));
  assert.deepEqual(await placesOf('--topic', 'system.dlq'), all.slice(3));
  assert.deepEqual(await placesOf('--code', 'MALFORMED_JSON'), all.slice(0, 2));
  assert.deepEqual(await placesOf('--limit', '1'), all.slice(3));
  const [letter] = JSON.parse((await dlq(directory, 'list', '--json', '--code', 'INVALID_DATA')).stdout) as object[];
  assert.deepEqual(letter, {
    topic: LETTERS,
    offset: 2,
    id: `${RAW}:0:5/dlq.intake`,
    time: '2021-06-11T03:50:45.000Z',
    code: 'INVALID_DATA',
    kind: 'poison',
    cause: `${RAW}: trading_signal: data.quantity: expected a whole number from 1 to 9007199254740991, found the number 0; correct the field and send the message again`,
    attempts: 1,
    service: 'intake',
    originalTopic: RAW,
    originalPartition: 0,
    originalOffset: 5,
    originalKey: 'mine:738561',
    settled: null,
  });
});

test('show prints a letter in full, and its message character by character', async (t) => {
  const directory = withLetters(t);
  const { code, stdout } = await dlq(directory, 'show', RAW, '0');
  assert.equal(code, 0);
  assert.match(stdout, /^letter +paper\.signals\.raw\.dlq 0$/m);
  assert.match(stdout, /^original +paper\.signals\.raw \(partition 0, 4\)$/m);
  assert.ok(stdout.endsWith('settled   no\n\nnot\nJSON\n'), stdout);
  const kept = JSON.parse((await dlq(directory, 'show', LETTERS, '1', '--json')).stdout) as { originalValue: string };
  assert.equal(kept.originalValue, '\ud800"');
  assert.match((await dlq(directory, 'show', 'system.dlq', '0')).stdout, /\(it never joined its topic\)/);
});

test('what is not there is refused with 2 and what to do', async (t) => {
  const directory = withLetters(t);
  const refused: readonly (readonly [RegExp, ...string[]])[] = [
    [/expected a topic of dead letters, found "paper\.signals"\. Known:\n/, 'show', 'paper.signals', '0'],
    [/expected the offset of a dead letter, found 3; alpha-panda dlq list --topic/, 'show', RAW, '3'],
    [/expected OFFSET to be a whole number from 0 on, found "x"/, 'show', RAW, 'x'],
    [/expected TOPIC and OFFSET behind show/, 'show', RAW],
    [/expected one OFFSET behind show TOPIC/, 'show', RAW, '0', '1'],
    [/expected --broker to be one of paper, zerodha, found "papr"/, 'list', '--broker', 'papr'],
    [/"paper" is one argument too many/, 'list', 'paper'],
    [/found "lst"; did you mean list\?/, 'lst'],
  ];
  for (const [message, ...args] of refused) {
    const { code, stdout, stderr } = await dlq(directory, ...args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, message);
  }
});
