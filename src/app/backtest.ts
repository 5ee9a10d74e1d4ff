// `alpha-panda backtest`: one strategy over a tape, through the same pipeline as live, with nothing journalled.
import { writeFile } from 'node:fs/promises';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { openTape } from '#adapters/tape/tape-feed.ts';
import { formatDecimal } from '#core/decimal.ts';
import { type DomainEvent } from '#core/events.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type Book } from '#core/portfolio/book.ts';
import { Cascade } from '#engine/cascade.ts';
import { type CascadeSink } from '#engine/namespace.ts';
import { type Settings } from './config/settings-schema.ts';
import { resolveDeployment } from './deployments.ts';
import { ModelFiles } from './models.ts';
import { makePlan } from './plan.ts';
import { CALENDARS, INSTRUMENTS } from './project.ts';
import { catalogueOf, loadStrategies } from './strategies.ts';

export interface BacktestOptions {
  readonly settings: Settings;
  readonly ticks: string;
  /** The type of a strategy; the deployment bears the same name. */
  readonly strategy: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly report: string | undefined;
  readonly json: boolean;
  readonly print: (text: string) => void;
}

/** What a run came to; amounts are decimal text in rupees. */
export interface BacktestSummary {
  readonly strategy: string;
  readonly ticks: number;
  readonly refused_rows: Readonly<Record<string, number>>;
  readonly orders: number;
  readonly fills: number;
  readonly rejects: number;
  readonly starting_cash: string;
  readonly cash: string;
  readonly equity: string;
  readonly realised_pnl: string;
  readonly unrealised_pnl: string;
  readonly fees: string;
  readonly max_drawdown: string;
}

/** Counts what a backtest decides. */
export class Tally implements CascadeSink {
  orders = 0;
  fills = 0;
  rejects = 0;
  /** Called for each fill, for tests that compare them one by one. */
  onFill: ((event: Extract<DomainEvent, { type: 'order_filled' }>) => void) | undefined;

  event(event: DomainEvent): void {
    if (event.type === 'order_submitted') this.orders++;
    else if (event.type === 'rejected_signal') this.rejects++;
    else if (event.type === 'order_filled') {
      this.fills++;
      this.onFill?.(event);
    }
  }

  intent(): void {
    throw new Error('a backtest has no gateway, yet an order was meant for one');
  }
}

/** A backtest ready to run: nothing has been taken yet. */
export interface Backtest {
  readonly cascade: Cascade;
  readonly tally: Tally;
}

/** Prepares backtests of one deployment in the first active namespace; each call of what it returns begins anew. */
export async function prepareBacktest(
  settings: Settings,
  instruments: readonly Instrument[],
  strategy: string,
  parameters: Readonly<Record<string, string>>,
): Promise<() => Backtest> {
  const catalogue = await loadStrategies(settings.strategiesDir);
  const models = new ModelFiles({ strategiesDir: settings.strategiesDir });
  const brokers = settings.brokers.slice(0, 1).map((broker) => ({ ...broker, runsAs: 'simulated' }) as const);
  const file = { strategy_id: strategy, strategy, parameters, instruments: 'all' as const };
  const context = { brokers: brokers.map(({ id }) => id), instruments, catalogue, models };
  const deployment = resolveDeployment(file, context);
  const plan = makePlan({ ...settings, brokers }, instruments, [deployment], undefined);
  const calendar = loadCalendar(settings.execution.calendar, CALENDARS);
  return () => {
    const tally = new Tally();
    const cascade = new Cascade({ catalogue: catalogueOf(catalogue, models), calendar: () => calendar, sink: tally });
    cascade.replan(plan);
    return { cascade, tally };
  };
}

/** The only book of a backtest. */
export function bookOf(cascade: Cascade): Book {
  const book = cascade.namespaces()[0]?.portfolio.ledger.books[0];
  if (book === undefined) throw new Error('a backtest has one namespace with one book, found none');
  return book;
}

/** Runs a backtest, prints what it came to, and returns the exit code. */
export async function runBacktest(options: BacktestOptions): Promise<number> {
  const { settings, strategy, parameters } = options;
  const calendar = loadCalendar(settings.execution.calendar, CALENDARS);
  const directory = loadInstruments(INSTRUMENTS);
  const instrumentOf = (symbol: string): Instrument => directory.find(symbol);
  const feed = await openTape(options.ticks, { calendar, instrumentOf, speed: 'max', now: () => 0 });
  try {
    const { cascade, tally } = (await prepareBacktest(settings, feed.instruments, strategy, parameters))();
    const batch = new TickBatch(settings.feed.batchTicks, false);
    const sourceOf = (instrument: number): string => feed.sourceOf(instrument);
    for (let read = await feed.read(batch, batch.capacity); ; read = await feed.read(batch, batch.capacity)) {
      cascade.onTicks(batch, 0, batch.count, sourceOf);
      batch.clear();
      if (read === 'finished') break;
    }
    const { used, refused } = feed.counts();
    const summary = summarise(strategy, used, refused, tally, bookOf(cascade));
    if (options.report !== undefined) await writeFile(options.report, htmlReport(summary));
    options.print(options.json ? JSON.stringify(summary) : textReport(summary));
    return 0;
  } finally {
    await feed.close();
  }
}

function summarise(
  strategy: string,
  ticks: number,
  refused: Readonly<Record<string, number>>,
  { orders, fills, rejects }: Tally,
  book: Book,
): BacktestSummary {
  return {
    strategy,
    ticks,
    refused_rows: refused,
    orders,
    fills,
    rejects,
    starting_cash: formatDecimal(book.startingCash),
    cash: formatDecimal(book.cash),
    equity: formatDecimal(book.equity),
    realised_pnl: formatDecimal(book.realised),
    unrealised_pnl: formatDecimal(book.unrealised),
    fees: formatDecimal(book.fees),
    max_drawdown: formatDecimal(book.maxDrawdown),
  };
}

function lines(summary: BacktestSummary): readonly (readonly [string, string])[] {
  return Object.entries(summary).flatMap(([name, value]): (readonly [string, string])[] =>
    typeof value === 'object'
      ? Object.entries(value).map(([reason, count]) => [`refused: ${reason}`, String(count)] as const)
      : [[name.replaceAll('_', ' '), String(value)] as const],
  );
}

function textReport(summary: BacktestSummary): string {
  return lines(summary)
    .map(([name, value]) => `${name.padEnd(24)}${value.padStart(20)}`)
    .join('\n');
}

function htmlReport(summary: BacktestSummary): string {
  const rows = lines(summary).map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Backtest of ${summary.strategy}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 40rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: normal; text-align: left; }
td { font-variant-numeric: tabular-nums; text-align: right; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.3rem 0; }
</style>
<h1>Backtest of ${summary.strategy}</h1>
<table>
${rows.join('\n')}
</table>
</html>
`;
}
