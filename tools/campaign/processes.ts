// The real process over real sockets: killed at random moments, again and again, while its Kite simulator breaks what it can.
// Then it is left alone until everything has settled, and its log is held against the simulator's own book.
import { draw } from '#core/random.ts';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { FAMILIES, type Family } from '../../test/campaign/families.ts';
import { compare, emptyTally, type Bound, type Evidence, type Tally } from '../../test/campaign/verdict.ts';
import { fillsOf, kiteBook, netOf } from '../../test/e2e/support/kite-book.ts';
import { Place } from '../../test/e2e/support/place.ts';
import { type Program } from '../../test/e2e/support/processes.ts';

const BROKER = 'zerodha';
/** In the tags of a rehearsal. */
const DEPLOYMENT = 'R';
/** Every family has one data directory, in which its process dies again and again; so many at a time. */
const SIDE_BY_SIDE = 2;
const RUN_MS = { least: 300, most: 2_500 };
/** What lasts longer than a run of the process would only be cut off by the next kill. */
const FAULT_MS_MAX = 3_000;
/** The gateway's quiet time, and the readings after it. */
const SETTLE_MS_MAX = 300_000;
const LIFE_MS_MAX = SETTLE_MS_MAX + 60_000;
const LOOK_MS = 2_000;
/** Much trading in little time. */
const LIVELY = { API__PORT: '0', FEED__TICKS_PER_SECOND: '10', FEED__INSTRUMENTS: '30', RISK__MAX_TRADES_PER_DAY: '0' };

/** Kills the process `count` times in all, spread over the families. */
export async function runProcesses(count: number): Promise<ReadonlyMap<string, Tally>> {
  const tallies = new Map<string, Tally>();
  const shares = FAMILIES.map((family, k) => ({ family, kills: shareOf(count, FAMILIES.length, k) }));
  const waiting = shares.filter(({ kills }) => kills > 0);
  const afterwards: (() => Promise<void>)[] = [];
  const endings: (() => unknown)[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { family, kills } = next;
      const place = new Place({ after: (end) => endings.push(end as () => unknown) });
      await killAgainAndAgain(place, family, kills);
      say(`${family.name}: ${kills} kills`);
      afterwards.push(async () => void tallies.set(family.name, await settleAndJudge(place, family, kills)));
    }
  };
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    say('everything is left alone until it has settled');
    await Promise.all(afterwards.map((judge) => judge()));
  } finally {
    for (const end of endings.toReversed()) await end();
  }
  return tallies;
}

function shareOf(count: number, parts: number, k: number): number {
  return Math.floor(count / parts) + (k < count % parts ? 1 : 0);
}

async function killAgainAndAgain(place: Place, family: Family, kills: number): Promise<void> {
  const clock = systemClock();
  const dice = (name: string, k: number, below: number): number => draw(k, `${family.name} ${name}`, 0) % below;
  for (let k = 0; k < kills; k++) {
    const program = start(place);
    const url = await simulatorOf(program);
    await program.said('Application is now running.');
    for (let fault = 0; fault < 3 && family.faults.length > 0; fault++) {
      const kind = family.faults[dice('kind', k * 3 + fault, family.faults.length)];
      const ms = family.msMax === undefined ? {} : { ms: 1 + dice('ms', k * 3 + fault, FAULT_MS_MAX) };
      await arm(url, { kind, count: 2, skip: dice('skip', k, 6), ...ms });
    }
    await clock.sleep(RUN_MS.least + dice('run', k, RUN_MS.most - RUN_MS.least));
    program.kill('SIGKILL');
    await program.ended;
  }
}

function start(place: Place): Program {
  return place.program(['start'], LIVELY, { lifeMsMax: LIFE_MS_MAX });
}

async function simulatorOf(program: Program): Promise<string> {
  const { event } = await program.said(`${BROKER}: orders go to the Kite simulator at `);
  return event.slice(event.lastIndexOf(' ') + 1);
}

async function arm(url: string, fault: object): Promise<void> {
  const answer = await fetch(`${url}/simulator/faults`, { method: 'POST', body: JSON.stringify(fault) });
  if (!answer.ok) throw new Error(`the simulator refused the fault ${JSON.stringify(fault)}: ${await answer.text()}`);
}

async function settleAndJudge(place: Place, family: Family, kills: number): Promise<Tally> {
  const program = start(place);
  await program.said('Application is now running.');
  await systemClock().sleep(LOOK_MS);
  const isOpen = (): boolean => statuses(place).some(({ status }) => status === 'unknown');
  const from = performance.now();
  while (isOpen() && performance.now() - from < SETTLE_MS_MAX) await systemClock().sleep(LOOK_MS);
  const ended = await program.stop('SIGINT');
  if (ended.code !== 0)
    throw new Error(`the last run of ${family.name} ended with ${ended.code}: ${ended.stderr.slice(-1_000)}`);
  const evidence = evidenceOf(place);
  const [intents, fills, unknowns] = [evidence.intents.length, evidence.fills.length, unknownsOf(place)];
  const tally = { ...emptyTally(), intents, fills, unknowns, deaths: kills };
  compare(evidence, DEPLOYMENT, (bound: Bound, what: string) => {
    tally[bound]++;
    tally.findings.push(`${family.name}: ${bound}: ${what} (${place.dataDir})`);
  });
  return tally;
}

function evidenceOf(place: Place): Evidence {
  const book = kiteBook(place, BROKER);
  const fills = fillsOf(place, BROKER);
  const events = place.events(`${BROKER}.orders.submitted`);
  const placed = events.filter(({ type }) => type === 'order_placed').map(({ data }) => String(data['order_id']));
  const held = (net: Readonly<Record<string, number>>): ReadonlyMap<string, number> => new Map(Object.entries(net));
  return {
    intents: statuses(place),
    placed: new Set(placed),
    fills: fills.map(({ fillId, quantity }) => ({ id: fillId, quantity })),
    held: held(netOf(fills)),
    kite: { ...book, held: held(netOf(book.trades)) },
  };
}

function unknownsOf(place: Place): number {
  return place.events(`${BROKER}.orders.submitted`).filter(({ type }) => type === 'order_unknown').length;
}

function statuses(place: Place): readonly { readonly orderId: string; readonly status: string }[] {
  return place.read((reader) =>
    reader.rows('order', BROKER).map(({ id, value }) => {
      const { row } = JSON.parse(value) as { row: { status: string } };
      return { orderId: id, status: row.status };
    }),
  );
}

function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${text}\n`);
}
