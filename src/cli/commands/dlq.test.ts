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
    original_topic: RAW,
    original_partition: 0,
    original_offset: 5,
    original_key: 'mine:738561',
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
  const kept = JSON.parse((await dlq(directory, 'show', LETTERS, '1', '--json')).stdout) as { original_value: string };
  assert.equal(kept.original_value, '\ud800"');
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

test('replay shows what it would send, sends it once, and tells what it left out', async (t) => {
  const directory = withLetters(t);
  const args = ['replay', RAW, '2', '--set', 'data.quantity=10', '--why', 'typing'];
  const value = signal({ quantity: 10 }, { id: 'sig-1' }).value;
  const would = await dlq(directory, ...args, '--dry-run');
  assert.deepEqual(would, {
    code: 0,
    stdout: `would send ${LETTERS} 2 to ${RAW} as sig-1\n  ${value}\n1 would be settled\n`,
    stderr: '',
  });
  assert.deepEqual(take(directory).counts(), { applied: 0, duplicates: 0, deadLettered: 0 });
  const { stdout } = await dlq(directory, ...args, '--json', '--dry-run');
  const sent = { topic: RAW, key: 'mine:738561', id: 'sig-1', value, expired: false };
  assert.deepEqual(JSON.parse(stdout), [{ topic: LETTERS, offset: 2, letter_id: `${RAW}:0:5/dlq.intake`, sent }]);

  assert.match((await dlq(directory, ...args)).stdout, /^sent paper\.signals\.raw\.dlq 2 .* as sig-1\n1 settled\n$/);
  assert.deepEqual(take(directory).counts(), { applied: 1, duplicates: 0, deadLettered: 0 });
  const again = await dlq(directory, 'replay', '--code', 'INVALID_DATA', '--set', 'data.quantity=10');
  assert.equal(again.stdout, '0 settled, 1 left out that were settled before; --again takes them too\n');
  assert.match((await dlq(directory, 'list')).stdout, /^4 dead letters: 3 open, 1 replayed, 0 discarded/m);
  const shown = await dlq(directory, 'show', RAW, '2');
  assert.match(shown.stdout, /^settled +replayed by asha at \S+: typing$/m);
});

test('a signal whose time is over is sent with a word about it', async (t) => {
  const directory = smallData(t);
  take(directory, [signal({ quantity: 0, expires_at: '2021-06-11T03:46:00.000Z' })]);
  const { stdout } = await dlq(directory, 'replay', RAW, '1', '--set', 'data.quantity=1', '--dry-run');
  assert.match(stdout, /its time is over, so it will expire: --set data\.expires_at/);
});

test('discard notes that letters need nothing more, and takes nothing away', async (t) => {
  const directory = withLetters(t);
  const { stdout } = await dlq(directory, 'discard', RAW, '0', '1', '0', '--why', 'noise', '--who', 'ravi');
  assert.equal(stdout, `discarded ${LETTERS} 0\ndiscarded ${LETTERS} 1\n2 settled\n`);
  assert.deepEqual(take(directory).counts(), { applied: 0, duplicates: 0, deadLettered: 0 });
  const letters = JSON.parse((await dlq(directory, 'list', '--json')).stdout) as { settled: { who: string } | null }[];
  assert.deepEqual(
    letters.map(({ settled }) => settled?.who),
    ['ravi', 'ravi', undefined, undefined],
  );
  assert.equal((await runCli(['verify', '--data-dir', directory])).code, 0);
});

test('what cannot be done is refused before anything is done', async (t) => {
  const directory = withLetters(t);
  const refused: readonly (readonly [number, RegExp, ...string[]])[] = [
    [1, /nothing was sent:\n {2}paper\.signals\.raw\.dlq 2: .*data\.quantity: expected a whole/, 'replay', RAW, '2'],
    [1, /paper\.signals\.raw\.dlq 0: .*expected JSON, found .*"not JSON" is not valid JSON/, 'replay', RAW, '2', '0'],
    [1, /dlq 2: expected --set to name a field of the message/, 'replay', RAW, '2', '--set', 'quantity=1'],
    [2, /--set cannot change id: /, 'replay', RAW, '2', '--set', 'id=x'],
    [2, /expected --set path=value such as/, 'replay', RAW, '2', '--set', 'quantity'],
    [2, /expected --rate to be a whole number from 1 on/, 'replay', RAW, '2', '--rate', '0'],
    [2, /expected the offset of a dead letter, found 99/, 'replay', RAW, '2', '99'],
    [2, /expected TOPIC and OFFSET behind replay/, 'replay'],
    [2, /found both/, 'replay', RAW, '2', '--code', 'INVALID_DATA'],
    [2, /--why is needed/, 'discard', RAW, '2'],
    [2, /dlq discard does not take --set/, 'discard', RAW, '2', '--why', 'x', '--set', 'data.quantity=1'],
    [2, /dlq list does not take --dry-run/, 'list', '--dry-run'],
  ];
  for (const [exit, message, ...args] of refused) {
    const { code, stdout, stderr } = await dlq(directory, ...args);
    assert.deepEqual([code, stdout], [exit, ''], args.join(' '));
    assert.match(stderr, message);
  }
  assert.deepEqual(take(directory).counts(), { applied: 0, duplicates: 0, deadLettered: 0 });
});
