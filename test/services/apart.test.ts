// The stages of one deployment in processes of their own, on real servers: in step they end where one process ends, killed
// or not; at speed nothing is lost or doubled; and what nobody of the deployment wrote is never taken for a decision.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { partsIn, schemaOfPart } from '#adapters/postgres/deployment.ts';
import { type EventLog } from '#ports/event-log.ts';
import { type StoreReader } from '#ports/store.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { Place } from '../e2e/support/place.ts';
import { lastWords, type Program } from '../e2e/support/processes.ts';
import { signalMessage } from '../e2e/support/signals.ts';
import { syntheticTape, TRADED } from '../e2e/support/synthetic-tape.ts';
import { Deployment, skipped } from './deployment.ts';

const options = { timeout: 300_000, skip: skipped };
const trading = { RISK__MAX_TRADES_PER_DAY: '200' };
const STAGES = ['market_feed', 'strategy_runner', 'risk_manager', 'trading_engine', 'portfolio_manager'] as const;
const PARTS = ['feed', 'strategy', 'risk', 'engine', 'portfolio'] as const;
const LIFE = { lifeMsMax: 240_000 };
const ROWS = 60;

/** The parts of a deployment, each as a process that can be started again. */
class Apart {
  readonly place: Place;
  readonly #flags: readonly string[];
  readonly programs = new Map<string, Program>();

  constructor(place: Place, flags: readonly string[]) {
    this.place = place;
    this.#flags = flags;
  }

  start(stage: string): Program {
    const program = this.place.program(['start', '--stages', stage, ...this.#flags], {}, LIFE);
    this.programs.set(stage, program);
    return program;
  }

  /** Waits until every process has ended well. */
  async end(): Promise<void> {
    for (const [stage, program] of this.programs) {
      const ended = await program.ended;
      assert.equal(ended.code, 0, `${stage}: ${lastWords(ended)}`);
    }
  }

  /** Looks into the store of a part. */
  read<T>(part: string, look: (reader: StoreReader) => T): T {
    const { store } = this.place;
    assert.ok(typeof store !== 'string');
    const reader = openPostgresReader(store.postgresUrl, { schema: schemaOfPart(part) });
    try {
      return reader.consistently(() => look(reader));
    } finally {
      reader.close();
    }
  }

  ticks(part: string): number {
    return this.read(part, (reader) => reader.topics().find(({ topic }) => topic === MARKET_TICKS)?.end ?? 0);
  }

  values(part: string, topic: string): readonly string[] {
    return this.read(part, (reader) => reader.read(topic, 0, 100_000).map(({ value }) => value));
  }
}

async function apartOn(t: TestContext, flags: readonly string[], env = {}): Promise<[Apart, Deployment]> {
  const deployment = await Deployment.make(t, { ...trading, ...env });
  return [new Apart(deployment.place, flags), deployment];
}

test('five processes in step, each of them killed once, end where one process ends', options, async (t) => {
  const tape = syntheticTape(t, { rows: ROWS, symbols: TRADED });
  const embedded = new Place(t, trading);
  await embedded.play(tape);
  const [apart, { place }] = await apartOn(t, ['--feed', `tape:${tape}`, '--speed', 'max', '--once', '--lockstep']);
  for (const stage of STAGES.toReversed()) apart.start(stage);
  await apart.programs.get('risk_manager')?.said('Application is now running');
  // One stands by, and takes over from the first that is killed.
  const second = place.program(
    ['start', '--stages', 'risk_manager', '--feed', `tape:${tape}`, '--speed', 'max', '--once', '--lockstep'],
    {},
    LIFE,
  );
  await second.said('Standing by');
  for (const [k, stage] of STAGES.entries()) {
    const program = apart.programs.get(stage) as Program;
    const until = Math.floor(((k + Math.random()) / STAGES.length) * ROWS * TRADED.length * 0.9);
    const part = PARTS[k] as string;
    await program.until(`${until} ticks`, () => (apart.ticks(part) >= until ? true : undefined), LIFE.lifeMsMax);
    program.kill('SIGKILL');
    await program.ended;
    if (stage === 'risk_manager') apart.programs.set(stage, second);
    else apart.start(stage);
  }
  await apart.end();
  assert.equal(place.sha256(), embedded.sha256());
  assert.equal((await place.output('verify')).match(/equal/g)?.length, STAGES.length);
  const [ours, theirs] = [await place.output('orders', '--json'), await embedded.output('orders', '--json')];
  assert.deepEqual(JSON.parse(ours), JSON.parse(theirs));
  assert.ok(embedded.values('paper.orders.filled').length > 10);
  for (const topic of Object.keys(embedded.digests())) {
    if (topic === MARKET_TICKS) continue;
    const [published] = [await place.output('events', '--topic', topic, '--json')];
    const lines = published.trim().split('\n');
    assert.deepEqual(lines.toSorted(), embedded.values(topic).toSorted(), topic);
  }
});

test('at speed nothing is lost or doubled between the parts', options, async (t) => {
  const tape = syntheticTape(t, { rows: 400, symbols: TRADED });
  const [apart, { place }] = await apartOn(t, ['--feed', `tape:${tape}`, '--speed', 'max', '--once']);
  for (const stage of STAGES) apart.start(stage);
  await apart.end();
  assert.equal((await place.output('verify')).match(/equal/g)?.length, STAGES.length);
  for (const broker of ['paper', 'zerodha']) {
    const ids = (part: string, stream: string): readonly string[] =>
      apart.values(part, `${broker}.${stream}`).map((value) => (JSON.parse(value) as { readonly id: string }).id);
    const signals = ids('strategy', 'signals.raw');
    assert.ok(signals.length > 10 && new Set(signals).size === signals.length);
    // Whoever reads a topic has exactly what its writer has.
    assert.deepEqual(ids('risk', 'signals.raw').toSorted(), signals.toSorted());
    assert.deepEqual(ids('engine', 'signals.validated').toSorted(), ids('risk', 'signals.validated').toSorted());
    for (const part of ['risk', 'portfolio', 'strategy']) {
      assert.deepEqual(ids(part, 'orders.filled').toSorted(), ids('engine', 'orders.filled').toSorted(), part);
    }
    const answered = [
      ids('risk', 'signals.rejected'),
      ids('engine', 'signals.expired'),
      ids('engine', 'orders.submitted'),
    ];
    const of = (id: string): boolean => answered.some((list) => list.some((each) => each.startsWith(`${id}/`)));
    assert.deepEqual(
      signals.filter((id) => !of(id)),
      [],
      'every signal was answered',
    );
  }
});

test('a signal from outside is filled once; an invented fill and a borrowed seal are not taken', options, async (t) => {
  const [apart, deployment] = await apartOn(t, ['--feed', 'simulator', '--port', '0']);
  const { log, place } = deployment;
  for (const stage of STAGES) apart.start(stage);
  const feed = apart.programs.get('market_feed') as Program;
  const wait = async (what: string, look: () => boolean): Promise<void> =>
    void (await feed.until(what, () => (look() ? true : undefined), 60_000));
  for (const program of apart.programs.values()) await program.said('Application is now running');
  await wait('prices', () => apart.ticks('risk') > 60 && apart.ticks('engine') > 60);
  await log.append([signalMessage('paper', { id: 'outside.1' })]);
  const fills = (): readonly string[] =>
    apart.values('portfolio', 'paper.orders.filled').filter((value) => value.includes('"outside.1"'));
  await wait('a fill', () => fills().length > 0);
  const [fill] = (await deployment.published('paper.orders.filled')).filter(({ value }) =>
    value.includes('"outside.1"'),
  );
  assert.ok(fill?.seal !== undefined && fill.producer !== undefined);
  const invented = {
    topic: fill.topic,
    key: fill.key,
    id: `${fill.id}0`,
    value: fill.value.replace(`${fill.id}"`, `${fill.id}0"`),
  };
  await log.append([invented, { ...invented, seal: fill.seal }, { ...fill, own: true }]);
  await wait('dead letters', () => apart.values('engine', 'paper.orders.filled.dlq').length >= 2);
  assert.equal(fills().length, 1);
  await mendLetter(place, log, wait);
  for (const program of apart.programs.values()) program.kill('SIGINT');
  await apart.end();
  assert.equal(fills().length, 1);
  assert.equal((await place.output('verify')).match(/equal/g)?.length, STAGES.length);
});

/** A signal that cannot be read is a letter of the part that reads them; corrected and sent again it is filled. */
async function mendLetter(
  place: Place,
  log: EventLog,
  wait: (what: string, look: () => boolean) => Promise<void>,
): Promise<void> {
  const letters = async (): Promise<
    readonly { readonly code: string; readonly topic: string; readonly offset: number }[]
  > => JSON.parse(await place.output('dlq', 'list', '--json'));
  const before = await letters();
  assert.ok(before.some(({ topic }) => topic === 'paper.orders.filled.dlq'));
  await log.append([signalMessage('paper', { id: 'outside.2' }, { quantity: 0 })]);
  let found: Awaited<ReturnType<typeof letters>>[number] | undefined;
  while (found === undefined) found = (await letters()).find(({ topic }) => topic === 'paper.signals.raw.dlq');
  await place.output('dlq', 'replay', found.topic, `${found.offset}`, '--set', 'data.quantity=1', '--why', 'a test');
  const filled = (): boolean => place.values('paper.orders.filled').some((value) => value.includes('"outside.2"'));
  await wait('a fill of the corrected signal', filled);
  const topics = JSON.parse(await place.output('topics', 'list', '--json')) as {
    readonly topic: string;
    readonly end: number;
  }[];
  for (const topic of ['market.ticks', 'paper.orders.filled', 'paper.signals.raw.dlq']) {
    assert.ok(
      topics.some((line) => line.topic === topic && line.end > 0),
      topic,
    );
  }
}

test('a split that the database does not have is refused, and so is one process for all', options, async (t) => {
  const tape = syntheticTape(t, { rows: 5, symbols: TRADED });
  const [, { place }] = await apartOn(t, []);
  const starting = (...flags: readonly string[]) => [
    'start',
    '--feed',
    `tape:${tape}`,
    '--speed',
    'max',
    '--once',
    ...flags,
  ];
  assert.match(
    await place.output('migrate', '--stages', 'risk_manager'),
    /applied 0001-deployment\napplied 0002-audit\napplied risk 0001-store\n/,
  );
  assert.match(await place.output('migrate', '--stages', 'risk_manager'), /Nothing is missing/);
  const risk = place.program(starting('--stages', 'risk_manager'), { DATABASE__SCHEMA_MANAGEMENT: 'migrations_only' });
  await risk.said('Application is now running');
  const other = await place.run(starting('--stages', 'risk_manager,trading_engine'));
  assert.equal(other.code, 1);
  assert.deepEqual(partsIn(place.env['DATABASE__POSTGRES_URL'] ?? ''), [{ part: 'risk', stages: ['risk_manager'] }]);
  const waiting = place.program(starting('--stages', 'risk_manager'));
  await waiting.said('Standing by');
  assert.equal((await waiting.stop('SIGTERM')).code, 0);
  assert.match(other.stderr, /risk_manager belongs to the part risk \(risk_manager\).*Start the same parts as before/);
  const whole = await place.run(starting());
  assert.equal(whole.code, 1);
  assert.match(whole.stderr, /its stages run apart, .*start with --stages as before/);
  const step = await place.run(starting('--stages', 'market_feed,risk_manager', '--lockstep'));
  assert.equal(step.code, 2);
  assert.match(step.stderr, /--lockstep needs market_feed alone or with trading_engine/);
  const unknown = await place.run(starting('--stages', 'risk'));
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /expected --stages to list some of market_feed, .*found "risk"/);
  assert.equal((await risk.stop('SIGTERM')).code, 0);
});
