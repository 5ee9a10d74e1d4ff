// What has to hold of parts that ran at their own pace, whatever their pace was: each part is what replaying its inputs makes of
// them, all have the same ticks, every signal was answered once, and the books are the fold of the fills.
import assert from 'node:assert/strict';
import { partsIn, schemaOfPart } from '#adapters/postgres/deployment.ts';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { type StoreReader } from '#ports/store.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { type Place } from '../e2e/support/place.ts';
import { lastWords } from '../e2e/support/processes.ts';
import { recomputedBook } from '../e2e/support/recomputed-books.ts';

const LIFE = { lifeMsMax: 3_600_000 };
const PAGE = 10_000;

export interface ApartCounts {
  readonly ticks: number;
  readonly signals: number;
  readonly fills: number;
  readonly books: number;
}

/** Throws what does not hold of the so many parts of a place. */
export async function checkApart(place: Place, parts: number): Promise<ApartCounts> {
  const rebuilt = await outputOf(place, 'verify');
  assert.equal(rebuilt.match(/equal/g)?.length, parts, rebuilt);
  return { ticks: checkTicks(place), signals: checkSignals(place), ...(await checkBooks(place)) };
}

/** What a command says, however long it takes. */
async function outputOf(place: Place, ...args: readonly string[]): Promise<string> {
  const ended = await place.program(args, {}, LIFE).ended;
  assert.equal(ended.code, 0, lastWords(ended));
  return ended.stdout;
}

function lookInto<T>(place: Place, part: string, look: (reader: StoreReader) => T): T {
  const reader = openPostgresReader(place.env['DATABASE__POSTGRES_URL'] ?? '', { schema: schemaOfPart(part) });
  try {
    return reader.consistently(() => look(reader));
  } finally {
    reader.close();
  }
}

/** Every part has every tick; how many there were. */
function checkTicks(place: Place): number {
  const parts = partsIn(place.env['DATABASE__POSTGRES_URL'] ?? '').map(({ part }) => part);
  const ends = parts.map((part) =>
    lookInto(place, part, (reader) => reader.topics().find(({ topic }) => topic === MARKET_TICKS)?.end ?? 0),
  );
  assert.equal(new Set(ends).size, 1, `ticks of ${parts.join(', ')}: ${ends.join(', ')}`);
  return ends[0] ?? 0;
}

interface Told {
  readonly id: string;
  readonly type: string;
}

function toldOn(place: Place, part: string, topic: string): readonly Told[] {
  return lookInto(place, part, (reader) => {
    const told: Told[] = [];
    for (let offset = 0; ;) {
      const page = reader.read(topic, offset, PAGE);
      const last = page.at(-1);
      if (last === undefined) return told;
      for (const { value } of page) {
        const { id, type } = JSON.parse(value) as Told;
        told.push({ id, type });
      }
      offset = last.offset + 1;
    }
  });
}

/** The one of these signals that an id descends from: what follows from a signal is named `SIGNAL/…`. */
function signalOf(id: string, signals: ReadonlySet<string>): string | undefined {
  for (let end = id.lastIndexOf('/'); end > 0; end = id.lastIndexOf('/', end - 1)) {
    const before = id.slice(0, end);
    if (signals.has(before)) return before;
  }
  return undefined;
}

/** Each signal was refused, expired or made an order, once; how many there were. */
function checkSignals(place: Place): number {
  let all = 0;
  for (const broker of ['paper', 'zerodha']) {
    const heard = (part: string, stream: string, type: string): readonly string[] =>
      toldOn(place, part, `${broker}.${stream}`)
        .filter((each) => each.type === type)
        .map(({ id }) => id);
    const signals = heard('strategy', 'signals.raw', 'trading_signal');
    const asked = new Set(signals);
    assert.equal(asked.size, signals.length, `${broker}: a signal was told twice`);
    const answers = [
      ...heard('risk', 'signals.rejected', 'rejected_signal'),
      ...heard('engine', 'signals.expired', 'expired_signal'),
      ...heard('engine', 'orders.submitted', 'order_submitted'),
    ].map((id) => signalOf(id, asked));
    const answered = new Set(answers);
    assert.equal(answers.indexOf(undefined), -1, `${broker}: an answer without a signal`);
    assert.equal(answered.size, answers.length, `${broker}: a signal was answered twice`);
    const silent = signals.filter((id) => !answered.has(id));
    assert.deepEqual(silent.slice(0, 5), [], `${broker}: ${silent.length} signals without an answer`);
    all += signals.length;
  }
  return all;
}

/** The books are what the published fills make of them. */
async function checkBooks(place: Place): Promise<Pick<ApartCounts, 'fills' | 'books'>> {
  const state = await place.state();
  let [fills, books] = [0, 0];
  for (const [broker, { books: ofBroker }] of Object.entries(state.brokers)) {
    const lines = async (stream: string): Promise<readonly string[]> =>
      (await outputOf(place, 'events', '--topic', `${broker}.${stream}`, '--json')).trim().split('\n').filter(Boolean);
    const [filled, ledger] = [await lines('orders.filled'), await lines('pnl.snapshots')];
    for (const { strategy_id, starting_cash, ...rest } of ofBroker) {
      assert.deepEqual(rest, recomputedBook(filled, ledger, strategy_id, starting_cash), `${broker} ${strategy_id}`);
      books++;
    }
    fills += filled.length;
  }
  return { fills, books };
}
