// `npm run campaign -- --apart-day TAPE`: a whole tape at speed in five processes on servers of its own. What each stage applied,
// in its order, replayed in one process gives its state; the books are the fold of the fills; every signal was answered once.
import assert from 'node:assert/strict';
import { partsIn, schemaOfPart } from '#adapters/postgres/deployment.ts';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { type StoreReader } from '#ports/store.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { type Place } from '../../test/e2e/support/place.ts';
import { lastWords } from '../../test/e2e/support/processes.ts';
import { recomputedBook } from '../../test/e2e/support/recomputed-books.ts';
import { Deployment } from '../../test/services/deployment.ts';
import { startServers, type Ends } from './started-servers.ts';

const STAGES = ['market_feed', 'strategy_runner', 'risk_manager', 'trading_engine', 'portfolio_manager'] as const;
const LIFE = { lifeMsMax: 3_600_000 };
const PAGE = 10_000;

export interface ApartDay {
  readonly seconds: number;
  readonly ticks: number;
  readonly signals: number;
  readonly fills: number;
  readonly books: number;
  readonly sha256: string;
}

/** Plays a tape in five processes and holds what they left to each other. Throws what does not hold. */
export async function playApart(tape: string): Promise<ApartDay> {
  const [ends, servers]: readonly [Ends, Ends] = [[], []];
  try {
    const { where } = await startServers(servers);
    const context = { after: (end: unknown) => ends.push(end as () => unknown) };
    const { place } = await Deployment.make(context, {}, where);
    const began = performance.now();
    await runParts(place, tape);
    const seconds = (performance.now() - began) / 1_000;
    const rebuilt = await place.output('verify');
    assert.equal(rebuilt.match(/equal/g)?.length, STAGES.length, rebuilt);
    const counts = [checkTicks(place), checkSignals(place), await checkBooks(place)] as const;
    const [ticks, signals, { fills, books }] = counts;
    return { seconds, ticks, signals, fills, books, sha256: place.sha256() };
  } finally {
    for (const end of [...ends, ...servers]) await end();
  }
}

async function runParts(place: Place, tape: string): Promise<void> {
  const flags = ['--feed', `tape:${tape}`, '--speed', 'max', '--once'];
  const programs = STAGES.map((stage) => place.program(['start', '--stages', stage, ...flags], {}, LIFE));
  for (const [k, program] of programs.entries()) {
    const ended = await program.ended;
    assert.equal(ended.code, 0, `${STAGES[k]}: ${lastWords(ended)}`);
  }
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
    const told = (part: string, stream: string, type: string): readonly string[] =>
      toldOn(place, part, `${broker}.${stream}`)
        .filter((each) => each.type === type)
        .map(({ id }) => id);
    const signals = told('strategy', 'signals.raw', 'trading_signal');
    const asked = new Set(signals);
    assert.equal(asked.size, signals.length, `${broker}: a signal was told twice`);
    const answers = [
      ...told('risk', 'signals.rejected', 'rejected_signal'),
      ...told('engine', 'signals.expired', 'expired_signal'),
      ...told('engine', 'orders.submitted', 'order_submitted'),
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
async function checkBooks(place: Place): Promise<{ readonly fills: number; readonly books: number }> {
  const state = await place.state();
  let [fills, books] = [0, 0];
  for (const [broker, { books: ofBroker }] of Object.entries(state.brokers)) {
    const lines = async (stream: string): Promise<readonly string[]> =>
      (await place.output('events', '--topic', `${broker}.${stream}`, '--json')).trim().split('\n').filter(Boolean);
    const [filled, ledger] = [await lines('orders.filled'), await lines('pnl.snapshots')];
    for (const { strategy_id, starting_cash, ...rest } of ofBroker) {
      assert.deepEqual(rest, recomputedBook(filled, ledger, strategy_id, starting_cash), `${broker} ${strategy_id}`);
      books++;
    }
    fills += filled.length;
  }
  return { fills, books };
}
