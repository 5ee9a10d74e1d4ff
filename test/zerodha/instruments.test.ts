// The instruments master against the Kite simulator: what a bad download does not do, and what a good one that differs blocks.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { InstrumentsMaster, syncInstruments, type Synced } from '#app/instruments-master.ts';
import { InstrumentsWatch } from '#app/instruments-watch.ts';
import { type Listing } from '#core/market/instrument-directory.ts';
import { price, quantity } from '#core/decimal.ts';
import { dayNumber, type DayNumber } from '#core/time.ts';
import { type FaultKind } from '#kite-simulator/faults/fault-list.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { Ingest } from '#engine/ingest.ts';
import { recover } from '#engine/recovery.ts';
import { silentLogger, type Logger } from '#ports/telemetry.ts';
import { BROKERS, catalogueOf, namespacePlan, plan } from '../support/builders.ts';
import { gatewayWorld, type GatewayWorld } from '../support/kite-gateway-world.ts';
import { INFY, KITE_START, SBIN, shares } from '../support/kite-world.ts';
import { temporaryFolder } from '../support/tape-builder.ts';

const TWO = BROKERS.slice(0, 2);
const MONDAY = dayNumber(2026, 1, 5);

const LISTINGS: readonly Listing[] = shares().map(({ instrument }) => ({
  instrument,
  aliases: [],
  previousClose: price(500),
  averageDailyVolume: quantity(1),
}));

interface Syncing {
  readonly world: GatewayWorld;
  readonly dataDir: string;
  readonly sync: (day?: DayNumber, listings?: readonly Listing[]) => Promise<Synced>;
}

async function syncing(t: TestContext): Promise<Syncing> {
  const world = await gatewayWorld(t);
  const dataDir = temporaryFolder(t);
  const master = new InstrumentsMaster(dataDir);
  const sync = (day = MONDAY, listings = LISTINGS): Promise<Synced> =>
    syncInstruments(world.client, master, listings, day);
  return { world, dataDir, sync };
}

describe('a download', () => {
  test('is kept by its day, compared with the one before, and thirty are kept', async (t) => {
    const { dataDir, sync } = await syncing(t);
    const first = await sync();
    assert.match(first.text, /^\d+ instruments of 2026-01-05, \d+ new, 0 gone$/);
    assert.deepEqual([first.ok, first.differences], [true, []]);
    assert.match((await sync((MONDAY + 1) as DayNumber)).text, / instruments of 2026-01-06, 0 new, 0 gone$/);
    for (let day = 2; day < 40; day++) await sync((MONDAY + day) as DayNumber);
    const files = readdirSync(join(dataDir, 'instruments')).toSorted();
    assert.deepEqual([files.length, files.at(-1)], [30, '2026-02-13.csv.gz']);
    assert.equal(new InstrumentsMaster(dataDir).newest()?.day, '2026-02-13');
  });

  for (const fault of [
    'instruments-502',
    'instruments-empty',
    'instruments-truncated',
    'instruments-reused-token',
  ] as const) {
    test(`that is ${fault} keeps the one before, and blocks nothing`, async (t) => {
      const { world, dataDir, sync } = await syncing(t);
      world.kite.simulator.control.arm(fault, { count: 1 });
      const none = await sync();
      assert.deepEqual([none.ok, none.differences], [false, undefined]);
      assert.match(none.text, /there is no earlier list/);
      await sync();
      world.kite.simulator.control.arm(fault, { count: 1 });
      const { ok, text, differences } = await sync((MONDAY + 1) as DayNumber);
      assert.deepEqual([ok, differences], [false, []]);
      assert.match(text, /the instruments were not taken: .*; the list of 2026-01-05 stays$/);
      assert.equal(new InstrumentsMaster(dataDir).newest()?.day, '2026-01-05');
    });
  }

  test('that has lost a tenth of the instruments is not whole', async (t) => {
    const { dataDir, sync } = await syncing(t);
    await sync();
    const master = new InstrumentsMaster(dataDir);
    const rows = master.newest()?.rows.length ?? 0;
    const head =
      'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange\n';
    const lines = (count: number): string =>
      head + Array.from({ length: count }, (_, k) => `${k + 1},1,S${k},N,0.0,,0.0,0.05,1,EQ,NSE,NSE\n`).join('');
    const least = Math.ceil(rows * 0.9);
    const few = master.take(lines(least - 1), (MONDAY + 1) as DayNumber);
    assert.ok(!few.ok && few.problem.startsWith(`expected at least ${least} instruments after ${rows} on 2026-01-05`));
    assert.ok(master.take(lines(least), (MONDAY + 1) as DayNumber).ok);
  });

  test('needs a session', async (t) => {
    const { world, sync } = await syncing(t);
    world.session.died(world.session.accessToken ?? '');
    assert.match((await sync()).text, /there is no session with Kite/);
  });

  test('without a single fault tells every lot size that changed', async (t) => {
    const { world, sync } = await syncing(t);
    world.kite.simulator.control.arm('instruments-lot-size' satisfies FaultKind, { count: 1 });
    const { ok, differences } = await sync();
    assert.equal(ok, true);
    assert.deepEqual(
      differences?.map(({ what }) => what),
      ['NSE:INFY has a lot of 2, and 1 here', 'NSE:SBIN has a lot of 2, and 1 here'],
    );
  });
});

/** The pipeline in memory with these instruments and two namespaces, and what its control topics say. */
function platform(): { readonly ingest: Ingest; readonly told: () => readonly string[] } {
  const store = openMemoryStore(new MemoryDisk());
  const nothing = (): void => undefined;
  const ingest = new Ingest({
    store,
    context: { catalogue: catalogueOf(), calendar: alwaysOpen },
    groupsOf: () => [],
    send: nothing,
    committed: nothing,
  });
  recover(store, ingest);
  const namespaces = TWO.map((broker) => namespacePlan({ broker }));
  ingest.plan(
    plan({
      calendar: 'always_open',
      instruments: shares().map(({ instrument }) => instrument),
      namespaces,
      deployments: [],
    }),
  );
  ingest.clock(KITE_START);
  const told = (): readonly string[] => {
    ingest.commit(false);
    return TWO.flatMap((broker) => store.read(`${broker}.control.changes`, 0, 10)).map(({ value }) => {
      const { broker, data } = JSON.parse(value) as { broker: string; data: Readonly<Record<string, string>> };
      return `${broker} ${data['action']} ${data['subject']} by ${data['who']}: ${data['why']}`;
    });
  };
  return { ingest, told };
}

test('a running platform downloads when a session begins, and lets positions in what differs be ended only', async (t) => {
  const { world, dataDir } = await syncing(t);
  const { kite, client, session } = world;
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const logger: Logger = { ...silentLogger, info: say, error: say };
  let signedIn = false;
  const watch = new InstrumentsWatch({
    client,
    isSignedIn: () => signedIn && session.state === 'active',
    dataDir,
    listings: LISTINGS,
    clock: kite.clock,
    logger,
  });
  watch.begin();
  const pass = async (ms: number): Promise<void> => {
    await kite.clock.advance(ms);
    await delay(40);
  };
  const { ingest, told } = platform();
  await pass(7_200_000);
  assert.deepEqual([said, watch.settle(ingest)], [[], false], 'nothing is asked without a session');

  kite.simulator.control.arm('instruments-lot-size', { count: 1 });
  signedIn = true;
  watch.renew();
  await pass(1);
  assert.match(said.join(), /instruments of 2026-01-05/);
  assert.deepEqual([watch.settle(ingest), watch.settle(ingest)], [true, false]);
  const lots = ['INFY', 'SBIN'].map((symbol, k) => {
    const subject = `instrument:${[INFY, SBIN][k]}`;
    return `reducing ${subject} by instruments: ${symbol} is not what config/instruments says: NSE:${symbol} has a lot of 2, and 1 here`;
  });
  assert.deepEqual(
    told(),
    TWO.flatMap((broker) => lots.map((text) => `${broker} ${text}`)),
  );
  const before = said.length;
  watch.renew();
  await pass(1);
  assert.equal(said.length, before, 'once a day');
  await watch.close();
});
