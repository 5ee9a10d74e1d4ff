// What a campaign came to, as lines of a table.
import { BOUNDS, type Tally } from '../../test/campaign/verdict.ts';

const DONE = ['intents', 'fills', 'deaths', 'unknowns', 'kills'] as const;
const TITLES: Readonly<Record<(typeof DONE)[number] | (typeof BOUNDS)[number], string>> = {
  intents: 'intents',
  fills: 'fills',
  deaths: 'crashes',
  unknowns: 'unknown',
  kills: 'kills',
  doubled: 'doubled',
  lost: 'lost',
  bookedTwice: 'booked twice',
  afterKill: 'after kill',
  positions: 'positions off',
  unsettled: 'unsettled',
};

export function table(tallies: readonly (readonly [string, Tally])[]): string {
  const columns = [...DONE, ...BOUNDS];
  const rows = tallies.map(([name, tally]) => [name, ...columns.map((column) => String(tally[column]))]);
  const all = [['family', ...columns.map((column) => TITLES[column])], ...rows];
  const widths = all[0]?.map((_, k) => Math.max(...all.map((row) => row[k]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0))).join('  ');
  return all.map(line).join('\n');
}
