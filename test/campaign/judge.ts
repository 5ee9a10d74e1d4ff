// One seed of a family, run and judged.
import { type Family } from './families.ts';
import { compare, emptyTally, type Bound, type Evidence, type Tally } from './verdict.ts';
import { BROKER, DEPLOYMENT, runWorld, type Aftermath } from './world.ts';

/** Runs one seed of a family and says what it came to. */
export async function judge(family: Family, seed: number): Promise<Tally> {
  const aftermath = await runWorld(family, seed);
  const { deaths, unknowns, killed, afterKill, simulator } = aftermath;
  const evidence = evidenceOf(aftermath);
  const [intents, fills] = [evidence.intents.length, evidence.fills.length];
  const tally = { ...emptyTally(), intents, fills, deaths, unknowns, kills: killed ? 1 : 0 };
  const found = (bound: Bound, what: string): void => {
    tally[bound]++;
    tally.findings.push(`${family.name}, seed ${seed}: ${bound}: ${what}`);
  };
  compare(evidence, DEPLOYMENT, found);
  for (let k = 0; k < afterKill; k++) found('afterKill', 'an order left after the kill');
  await simulator.close();
  return tally;
}

function evidenceOf({ simulator, disk, ingest }: Aftermath): Evidence {
  const { rows, topics } = disk.contents;
  const eventsOf = (
    topic: string,
  ): readonly { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[] =>
    (topics.get(`${BROKER}.${topic}`) ?? []).map(({ value }) => JSON.parse(value) as never);
  const truth = simulator.control.truth();
  const table = ingest.cascade.instruments;
  const books = ingest.cascade.namespace(BROKER)?.portfolio.ledger.books ?? [];
  const placed = eventsOf('orders.submitted').filter(({ type }) => type === 'order_placed');
  return {
    intents: [...rows.values()]
      .filter(({ kind }) => kind === 'order')
      .map(({ id, value }) => ({ orderId: id, status: (JSON.parse(value) as { row: { status: string } }).row.status })),
    placed: new Set(placed.map(({ data }) => String(data['order_id']))),
    fills: eventsOf('orders.filled').map(({ data }) => ({
      id: String(data['fill_id']),
      quantity: Number(data['quantity']),
    })),
    held: sums(
      books.flatMap((book) =>
        book.snapshot().positions.map(([index, quantity]) => ({ name: `NSE:${table.at(index).symbol}`, quantity })),
      ),
    ),
    kite: {
      orders: truth.orders.map((order) => ({
        orderId: String(order['order_id']),
        tag: typeof order['tag'] === 'string' ? order['tag'] : null,
        status: String(order['status']),
      })),
      trades: truth.trades,
      held: sums(truth.positions),
    },
  };
}

function sums(parts: readonly { readonly name: string; readonly quantity: number }[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const { name, quantity } of parts) sum.set(name, (sum.get(name) ?? 0) + quantity);
  return sum;
}
