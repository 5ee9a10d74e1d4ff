// A run for people at a terminal.
import { FIGURES, figureText } from '#app/research/figures.ts';
import { type Luck, luckLines } from '#app/research/luck.ts';
import type { RunRecord } from '#app/research/run-record.ts';
import { printable } from './io.ts';

export function recordText(record: RunRecord, luck: Luck): string {
  const { summary, data, metrics, charges, rejected, period } = record;
  const { refused_rows: refused, ...plain } = summary;
  const parameters = Object.entries(record.parameters).map(([name, value]) => `${name}=${String(value)}`);
  const sections: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['', Object.entries(plain).map(([name, value]) => [name.replaceAll('_', ' '), String(value)] as const)],
    [`figures, by the ${period}`, FIGURES.map(({ name, label }) => [label, figureText(metrics, name)] as const)],
    ['what luck could have done', luckLines(luck)],
    ['charges', Object.entries(charges).map(([kind, amount]) => [kind.replaceAll('_', ' '), amount] as const)],
    ['refused by the gate', Object.entries(rejected).map(([code, count]) => [code, String(count)] as const)],
    ['rows not used', Object.entries(refused).map(([reason, count]) => [reason, String(count)] as const)],
  ];
  const shown = sections.filter(([, rows]) => rows.length > 0);
  const lines = shown.flatMap(([title, rows]) => [
    ...(title === '' ? [] : ['', title]),
    ...rows.map(([name, value]) => `${printable(name).padEnd(26)}${printable(value).padStart(20)}`),
  ]);
  return [
    `run ${record.id}: ${[record.strategy, ...parameters].join(' ')}`,
    `tape ${data.tape}, ${data.from} to ${data.to}, ${data.instruments.length} instruments`,
    '',
    ...lines,
    '',
  ].join('\n');
}
