// A run in which everything of a namespace carries a word that nothing else has: its strategy, its books, its limits, what people
// asked of it and what strangers sent. A word that is found anywhere else has leaked.
import assert from 'node:assert/strict';
import { deploy } from '#app/deployments.ts';
import { requestControl } from '#app/requests.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { type LogLine, type Env } from './processes.ts';
import { type Place } from './place.ts';
import { signalMessage } from './signals.ts';

/** One namespace begins as another one does, and two are of the kind that has a gateway. */
export const WORDS: Readonly<Record<string, string>> = {
  paper: 'quokka',
  paper_two: 'wombat',
  zerodha: 'numbat',
  desk_three: 'bilby',
  desk_four: 'dunnart',
};
export const TAINTED = Object.keys(WORDS);
const ROW_KINDS = ['book', 'order', 'mark', 'feed', 'shelf'] as const;
/** Where each word has to be found, or the search has missed its own. */
const STREAMS = ['signals.raw', 'signals.validated', 'orders.submitted', 'orders.filled', 'pnl.snapshots'];
const ASKED = ['control.changes', 'signals.raw.dlq'];

/** A piece of what a run has left. */
export interface Piece {
  readonly where: string;
  /** Undefined for what belongs to no namespace. */
  readonly owner: string | undefined;
  readonly text: string;
}

/** Five namespaces of different kinds, with cash of their own; orders are logged one by one. */
export function taintSettings(): Env {
  const own = TAINTED.flatMap((broker, index) => {
    const name = `BROKERS__${broker.toUpperCase()}`;
    const kind = ['zerodha', 'desk_four'].includes(broker) ? 'zerodha' : 'paper';
    return [
      [`${name}__KIND`, kind],
      [`${name}__STARTING_CASH`, `${cashOf(index)}`],
    ] as const;
  });
  return { ACTIVE_BROKERS: TAINTED.join(','), LOGGING__TRADING_LEVEL: 'DEBUG', ...Object.fromEntries(own) };
}

function cashOf(index: number): number {
  return 2_000_000 + index * 1_001;
}

/** Leaves the words where a run takes them up. */
export function taint(place: Place): void {
  place.put();
  for (const broker of TAINTED) {
    const word = WORDS[broker] ?? '';
    const strategy = {
      strategy_id: `${word}_trend`,
      strategy: 'momentum',
      parameters: {},
      instruments: 'all',
    } as const;
    deploy(place.dataDir, { ...strategy, brokers: [broker], limits: { max_trades_per_day: 200 } });
    const asked = {
      place: place.store,
      broker,
      who: `${word} person`,
      why: `${word} reason`,
      requestId: `${word}-asked`,
    };
    requestControl({ ...asked, action: 'strategy_disabled', subject: `${word}_none` });
    place.put(signalMessage(broker, { id: `${word}.outside` }, { strategy_id: `${word}_outside` }), {
      topic: `${broker}.signals.raw`,
      key: word,
      id: undefined,
      value: `{"broken ${word}`,
    });
  }
}

/** Every message and every row that the store holds, by whose it is. */
export function piecesOf(place: Place): readonly Piece[] {
  return place.read((reader) => {
    const topics = reader.topics().filter(({ topic, end }) => end > 0 && topic !== MARKET_TICKS);
    const messages = topics.flatMap(({ topic }) =>
      place.values(topic).map((text) => ({ where: topic, owner: topic.split('.', 1)[0], text })),
    );
    const rows = ROW_KINDS.flatMap((kind) =>
      reader
        .rows(kind)
        .map(({ broker, id, value }) => ({ where: `${kind} ${id}`, owner: broker, text: `${id} ${value}` })),
    );
    return [...messages, ...rows];
  });
}

/** Lines of the log; one that names no namespace is nobody's, and may name one of them. */
export function piecesOfLog(lines: readonly LogLine[]): readonly Piece[] {
  return lines.map((line) => {
    const { broker } = line;
    const owner = typeof broker === 'string' ? broker : undefined;
    return { where: `log: ${line.event}`, owner, text: JSON.stringify(line) };
  });
}

/** Where a word is found that belongs to another namespace, or two of them together. */
export function leaksIn(pieces: readonly Piece[]): readonly string[] {
  return pieces.flatMap(({ where, owner, text }) => {
    const found = TAINTED.filter((broker) => text.includes(WORDS[broker] ?? ''));
    const isOwn = owner === undefined ? found.length <= 1 : found.every((broker) => broker === owner);
    return isOwn ? [] : [`${where} of ${owner ?? 'nobody'} has ${found.map((broker) => WORDS[broker]).join(', ')}`];
  });
}

/** Fails where a word has leaked, and where the search did not even find the words in their own places. */
export async function assertUntainted(place: Place, lines: readonly LogLine[]): Promise<void> {
  const pieces = [...piecesOf(place), ...piecesOfLog(lines)];
  assert.deepEqual(leaksIn(pieces), []);
  const { brokers } = await place.state();
  for (const [index, broker] of TAINTED.entries()) {
    const word = WORDS[broker] ?? '';
    const own = pieces.filter(({ text }) => text.includes(word)).map(({ where }) => where);
    for (const stream of [...STREAMS, ...ASKED]) assert.ok(own.includes(`${broker}.${stream}`), `${broker}.${stream}`);
    assert.ok(
      own.some((where) => where.startsWith('book ')) && own.some((where) => where.startsWith('order ')),
      broker,
    );
    assert.ok(
      own.some((where) => where.startsWith('log: ')),
      `the log tells of ${broker}`,
    );
    const { books } = brokers[broker] as { books: readonly { strategy_id: string; starting_cash: string }[] };
    const strategies = books.map(({ strategy_id: id }) => id);
    assert.deepEqual(strategies.toSorted(), [`${word}_outside`, `${word}_trend`]);
    assert.ok(books.every(({ starting_cash: cash }) => Number(cash) === cashOf(index)));
  }
}
