// What a game day found, for a person.
import { type Line } from './drill.ts';

export function lineText({ fault, code, seconds, trouble }: Line): string {
  const time = seconds === undefined ? '      -' : `${seconds.toFixed(1)} s`.padStart(7);
  return `${fault.padEnd(61)} ${code.padEnd(21)} ${time}  ${trouble ?? 'ok'}`;
}

export function summaryText(lines: readonly Line[], skipped: readonly string[]): string {
  const faults = new Set(lines.map(({ fault }) => fault)).size;
  const alerts = lines.filter(({ seconds }) => seconds !== undefined).length;
  const longest = Math.max(0, ...lines.map(({ seconds }) => seconds ?? 0)).toFixed(1);
  const broken = lines.filter(({ trouble }) => trouble !== undefined).length;
  const left = skipped.length === 0 ? '' : `; skipped: ${skipped.join(', ')}`;
  const counts = `${faults} faults, ${alerts} alerts, longest ${longest} s`;
  if (broken > 0) return `broken: ${broken} of ${lines.length}; ${counts}${left}`;
  return `game day: ${counts}, every runbook page exists${left}`;
}
