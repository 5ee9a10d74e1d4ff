// Tables for people: columns as wide as their widest cell, numbers to the right so that their digits line up.
import { printable } from './io.ts';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** A column of words, and one of numbers. */
export function words(title: string): Column {
  return { title, align: 'left' };
}

export function numbers(title: string): Column {
  return { title, align: 'right' };
}

export interface TableOptions {
  /** A row below a line, such as totals. */
  readonly footer?: readonly string[] | undefined;
  readonly heading?: ((text: string) => string) | undefined;
}

/** The table as text, each line ended; `cells` in the order of the columns. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const { footer, heading = (text: string): string => text } = options;
  const clean = rows.map((cells) => cells.map(printable));
  const titles = columns.map(({ title }) => title);
  const all = [titles, ...clean, ...(footer === undefined ? [] : [footer])];
  const widths = columns.map((_, index) => Math.max(...all.map((cells) => width(cells[index] ?? ''))));
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ align }, index) => pad(cells[index] ?? '', widths[index] ?? 0, align));
    return padded.join('  ').trimEnd();
  };
  const rule = widths.map((length) => '-'.repeat(length)).join('  ');
  const below = footer === undefined ? [] : [rule, line(footer)];
  return [heading(line(titles)), ...clean.map(line), ...below, ''].join('\n');
}

function pad(text: string, length: number, align: Column['align']): string {
  const room = ' '.repeat(Math.max(0, length - width(text)));
  return align === 'left' ? text + room : room + text;
}

/** In code points; a table of symbols and numbers needs no more. */
function width(text: string): number {
  return Array.from(text).length;
}
