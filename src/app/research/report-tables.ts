// The tables of the report: months, luck, the data's quality and how fills were made.
import { duration, indianTime, percent } from './figures.ts';
import { luckOf } from './luck.ts';
import { escaped } from './report-charts.ts';
import { type RunDetail, type RunRecord } from './run-record.ts';
import { type EquityPoint } from '#core/research/metrics.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A table with a caption that scrolls by itself when it is too wide. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.every((text) => text === '')
    ? ''
    : `<thead><tr>${heads.map((text) => `<th scope="col">${escaped(text)}</th>`).join('')}</tr></thead>`;
  const body = rows.map(([first = '', ...rest]) => {
    const cells = rest.map((text) => `<td>${escaped(text)}</td>`).join('');
    return `<tr><th scope="row">${escaped(first)}</th>${cells}</tr>`;
  });
  return `<figure class="wide" tabindex="0" role="region" aria-label="${escaped(caption)}"><figcaption>${escaped(caption)}</figcaption>
<table${heads.length > 6 ? ' class="many"' : ''}>${head}<tbody>${body.join('')}</tbody></table></figure>`;
}

/** The return of each month, from the last equity of the month before. */
export function monthTable(days: readonly EquityPoint[]): string {
  const ends = new Map<string, number>();
  for (const { at, equity } of days.slice(1)) ends.set(indianTime(at).slice(0, 7), equity);
  const years = new Map<string, string[]>();
  let before = days[0]?.equity ?? 0;
  for (const [month, equity] of ends) {
    const year = years.get(month.slice(0, 4)) ?? MONTHS.map(() => '');
    year[Number(month.slice(5)) - 1] = before > 0 ? signed(equity / before - 1) : '–';
    years.set(month.slice(0, 4), year);
    before = equity;
  }
  return table(
    'Return of each month',
    ['year', ...MONTHS],
    [...years].map(([year, cells]) => [year, ...cells]),
  );
}

/** What luck could have done: the probability that the Sharpe ratio is above zero, and the trades in another order. */
export function luckTable(detail: RunDetail): string {
  const { probability_above_zero: above, other_orders: shuffled } = luckOf(detail);
  const rows: (readonly string[])[] = [];
  if (above !== null) rows.push(['probability that the Sharpe ratio is above 0 (one trial)', percent(above)]);
  if (shuffled !== null) {
    const { p5, p50, p95 } = shuffled.drawdown;
    rows.push(
      [
        `drawdown with the trades in ${shuffled.runs} other orders: 5 %, half, 95 %`,
        [p5, p50, p95].map(percent).join(', '),
      ],
      ['orders with a drawdown at least as deep as the one that happened', percent(shuffled.as_deep)],
    );
  }
  return rows.length === 0 ? '' : table('What luck could have done', ['', ''], rows);
}

export function dataQuality({ summary, data }: RunRecord): string {
  const refused = Object.entries(summary.refused_rows).map(([reason, count]) => [reason, String(count)]);
  const worst = data.gaps.toSorted((a, b) => b.longest_ms - a.longest_ms).slice(0, 12);
  const gaps = worst.map(({ symbol, count, longest_ms: longest }) => [symbol, String(count), duration(longest)]);
  const shown =
    data.gaps.length > worst.length ? `, the ${worst.length} longest of ${data.gaps.length} instruments` : '';
  return `<div class="columns">
${table('Rows of the tape', ['reason', 'rows'], [['used', String(summary.ticks)], ...refused])}
${gaps.length === 0 ? '<p>No instrument was silent for more than five minutes within a day.</p>' : table(`Silences above five minutes within a day${shown}`, ['instrument', 'count', 'longest'], gaps)}
</div>
<p><strong>Survivorship.</strong> The run knows the ${data.instruments.length} instruments of the tape and no others. A tape of names that
are traded today leaves out those that were delisted or fell out of an index, and a result over it is better than it could have been.
Prices are as they were recorded: splits and bonuses between days of a tape are not adjusted.</p>`;
}

export function fillModel({ plan }: RunRecord): string {
  const [namespace] = plan.namespaces;
  if (namespace === undefined) return '';
  const { exchange, charges = 'flat', broker } = namespace;
  const rows = [
    ['namespace', broker],
    [
      'a market order fills',
      exchange.fillAt === 'next' ? 'at the next tick of its instrument' : 'at once, at the last price',
    ],
    ['slippage', `${(exchange.slippage / 10_000).toFixed(4)} %`],
    [
      'charges',
      charges === 'dated'
        ? 'by the dated tables, day by day'
        : `${(exchange.commission / 10_000).toFixed(4)} % of value`,
    ],
    ['latency', `${exchange.latencyMsMean} ms, deviation ${exchange.latencyMsStd} ms`],
    ['fills limited by the volume that traded', exchange.partialFills ? 'yes' : 'no'],
    ['prices rounded to the tick size', exchange.roundToTick ? 'yes, against the trader' : 'no'],
    ['book', exchange.book ?? 'ticks'],
    ['seed', String(exchange.seed)],
  ];
  return table('How orders were filled', ['', ''], rows);
}

function signed(share: number): string {
  return `${share > 0 ? '+' : ''}${(share * 100).toFixed(2)} %`;
}
