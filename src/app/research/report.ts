// The report of a run: one file that needs no network and no script, and that anyone can be sent. Charts are our own SVG,
// because a charting library would be a hundred times larger than what is drawn here.
import { createHash } from 'node:crypto';
import { type Bucket } from './equity-curve.ts';
import { FIGURES, figureText, indianTime, percent } from './figures.ts';
import { escaped, histogram, lineChart, type Mark } from './report-charts.ts';
import { dataQuality, fillModel, luckTable, monthTable, table } from './report-tables.ts';
import { STYLE } from './report-style.ts';
import { type Run, type RunDetail } from './run-record.ts';
import { formatDecimal } from '#core/decimal.ts';
import { sharpeOf } from '#core/research/metrics.ts';

/** Marks on one chart; more would hide the price. */
const MARKS_MAX = 300;
const ROLLING = { day: 63, minute: 120 } as const;

export function reportPage(run: Run): string {
  const { record } = run;
  const style = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${style}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const title = `Backtest of ${record.strategy}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1>
<p class="quiet">${escaped(parametersOf(run))}</p>
<p class="quiet">${escaped(`${record.data.from} to ${record.data.to}, ${record.data.instruments.length} instruments, ${record.summary.ticks} ticks`)}</p></header>
<main>
${overview(run)}
${curves(run)}
${trades(run)}
${costs(run)}
${quality(run)}
</main>
<footer><h2>How to make it again</h2>
<p><code>alpha-panda runs reproduce ${record.id}</code></p>
${table(
  'What it was made of',
  ['', ''],
  [
    ['run', record.id],
    ['made', record.created_at],
    ['tape', `${record.data.tape} (${record.data.path})`],
    ['strategy', `${record.strategy}, version ${record.strategy_version}`],
    ['code', `${record.code.version}, ${record.code.sha256.slice(0, 16)}`],
    ['seed', String(record.seed)],
    ['result', record.result_sha256],
  ],
)}</footer>
</body>
</html>
`;
}

function overview({ record }: Run): string {
  const { summary, metrics } = record;
  const net = Number(summary.equity) - Number(summary.starting_cash);
  const tiles = [
    ['equity', summary.equity, ''],
    ['gain after charges', net.toFixed(2), net < 0 ? 'losing' : 'gain'],
    ['charges', summary.fees, ''],
    ['orders, fills', `${summary.orders}, ${summary.fills}`, ''],
    ...FIGURES.map(({ name, label }) => [label, figureText(metrics, name), ''] as const),
  ] as const;
  const cells = tiles.map(
    ([name, value, kind]) => `<div><dt>${escaped(name)}</dt><dd class="${kind}">${escaped(value)}</dd></div>`,
  );
  return `<section><h2>What it came to</h2>
<p class="quiet">In rupees, charges taken off. Ratios are for a year, from returns of each ${record.period}; a dash is what the data cannot give.</p>
<dl class="tiles">${cells.join('')}</dl></section>`;
}

function curves({ record, detail }: Run): string {
  const { equity, exposure } = detail;
  const values = equity.map(({ last }) => last);
  const falls = drawdowns(equity);
  const worst = Math.min(0, ...falls);
  // A short run has at least a few windows to look at.
  const window = Math.min(ROLLING[record.period], Math.floor(detail.returns.length / 4));
  const rolling = rollingSharpe(detail, window);
  return `<section><h2>Equity</h2>
${lineChart({
  title: 'Equity in rupees; the band is the least and the greatest between two points',
  summary: `from ${rupees(values[0] ?? 0)} to ${rupees(values.at(-1) ?? 0)}`,
  line: { values, low: equity.map(({ low }) => low), high: equity.map(({ high }) => high), kind: 'main' },
  format: rupees,
  below: timesOf(equity),
})}
${lineChart({
  title: 'Drawdown from the highest equity so far',
  summary: `the deepest is ${percent(worst)}`,
  line: { values: falls, area: true, kind: 'loss' },
  format: percent,
  below: timesOf(equity),
  zero: true,
})}
<div class="columns">
${lineChart({
  title: 'Exposure: positions as a share of equity, in percent',
  summary: `at most ${Math.max(0, ...exposure.map(({ high }) => high)).toFixed(1)}`,
  line: { values: exposure.map(({ last }) => last), area: true, kind: 'main' },
  format: (value) => `${value.toFixed(1)} %`,
  below: timesOf(exposure),
  zero: true,
})}
${lineChart({
  title: `Sharpe ratio of the last ${window} ${record.period}s`,
  summary: `the last is ${rolling.at(-1)?.toFixed(2) ?? 'not known'}`,
  line: { values: rolling, kind: 'main' },
  format: (value) => value.toFixed(1),
  below: ['', '', ''],
  zero: true,
})}
</div>
${monthTable(detail.days)}</section>`;
}

function trades({ detail }: Run): string {
  const nets = detail.trips.map(({ net }) => net);
  const charts = detail.prices.map(({ token, symbol, buckets }) => {
    const fills = detail.fills.filter((fill) => fill.token === token);
    const marks = fills.slice(0, MARKS_MAX).map(({ at, signed, price }): Mark => {
      return { at: placeOf(buckets, at), value: price, kind: signed > 0 ? 'buy' : 'sell' };
    });
    const left = fills.length - marks.length;
    return lineChart({
      title: `${symbol}: round dots buy, square dots sell${left > 0 ? `; the first ${MARKS_MAX} of ${fills.length} fills` : ''}`,
      summary: `${fills.length} fills`,
      line: { values: buckets.map(({ last }) => last), kind: 'main' },
      marks,
      format: rupees,
      below: timesOf(buckets),
    });
  });
  return `<section><h2>Trades</h2>
${nets.length === 0 ? '<p>No position was closed.</p>' : ''}
${histogram('Trades by their gain after charges, in rupees', nets, rupees)}
${charts.join('\n')}
${luckTable(detail)}</section>`;
}

function costs({ record }: Run): string {
  const rows = Object.entries(record.charges).map(([kind, amount]) => [kind.replaceAll('_', ' '), amount]);
  const refusals = Object.entries(record.rejected).map(([code, count]) => [code, String(count)]);
  return `<section><h2>Charges and refusals</h2><div class="columns">
${table('Charges by kind', ['kind', 'rupees'], [...rows, ['all fills', record.summary.fees]])}
${refusals.length === 0 ? '<p>The gate refused nothing.</p>' : table('Refused by the gate', ['reason', 'signals'], refusals)}
</div></section>`;
}

function quality(run: Run): string {
  return `<section><h2>How far to trust it</h2>
${dataQuality(run.record)}
${fillModel(run.record)}</section>`;
}

function parametersOf({ record }: Run): string {
  const given = Object.entries(record.parameters).map(([name, value]) => `${name}=${String(value)}`);
  return given.length === 0 ? 'no parameters' : given.join(', ');
}

/** Each stretch's least equity below the peak before it, as a share of that peak: 0 at a peak, negative below. */
function drawdowns(equity: readonly Bucket[]): readonly number[] {
  let peak = 0;
  return equity.map(({ low, high }) => {
    const fall = peak > 0 ? Math.min(0, low / peak - 1) : 0;
    peak = Math.max(peak, high);
    return fall;
  });
}

function rollingSharpe({ returns, periods_per_year: year }: RunDetail, window: number): readonly number[] {
  const count = returns.length - window;
  if (count < 2) return [];
  const step = Math.max(1, Math.ceil(count / 500));
  const places = Array.from({ length: Math.floor(count / step) }, (_, k) => k * step + window);
  return places.map((end) => sharpeOf(returns.slice(end - window, end), year) ?? 0);
}

/** The stretch in which an instant lies. */
function placeOf(buckets: readonly Bucket[], at: number): number {
  const found = buckets.findIndex((bucket) => bucket.at >= at);
  return found === -1 ? buckets.length - 1 : found;
}

function timesOf(buckets: readonly Bucket[]): readonly [string, string, string] {
  const text = (bucket: Bucket | undefined): string => (bucket === undefined ? '' : indianTime(bucket.at));
  return [text(buckets[0]), text(buckets[buckets.length >> 1]), text(buckets.at(-1))];
}

function rupees(units: number): string {
  return formatDecimal(Math.round(units / 100) * 100);
}
