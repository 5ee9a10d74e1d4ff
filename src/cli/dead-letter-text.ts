// How dead letters are printed, for people and for scripts. Apart from the command, which also changes what becomes of them.
import type { Settled, StoredLetter } from '#app/reading/dead-letters.ts';
import { formatInstant } from '#core/time.ts';
import { printable } from './io.ts';
import { numbers, renderTable, words } from './table.ts';

const CAUSE_SHOWN = 60;
const COLUMNS = [
  words('topic'),
  numbers('offset'),
  words('time'),
  words('code'),
  numbers('attempts'),
  words('service'),
  words('key'),
  words('settled'),
  words('cause'),
];

/** A table; a letter's topic says the original one, but for `system.dlq`, where the cause does. */
export function lettersTable(letters: readonly StoredLetter[], heading: (text: string) => string): string {
  const rows = letters.map(({ topic, offset, letter, settled }) => [
    topic,
    `${offset}`,
    formatInstant(letter.at),
    letter.code,
    `${letter.attempts}`,
    letter.service,
    letter.key,
    settled?.settlement ?? '-',
    shortened(letter.cause),
  ]);
  return renderTable(COLUMNS, rows, { heading });
}

/** `3 dead letters: 2 open, 1 replayed, 0 discarded` */
export function lettersSummary(letters: readonly StoredLetter[], strange: number): string {
  const count = (settlement: string): number =>
    letters.filter(({ settled }) => (settled?.settlement ?? 'open') === settlement).length;
  const counts = ['open', 'replayed', 'discarded'].map((settlement) => `${count(settlement)} ${settlement}`);
  const others = strange === 0 ? '' : `; ${strange} other messages lie on these topics, see alpha-panda events`;
  return `${letters.length} dead letter${letters.length === 1 ? '' : 's'}: ${counts.join(', ')}${others}\n`;
}

/** A letter for scripts; `null` stands for what there is not. */
export function letterJson({ topic, offset, letter, settled }: StoredLetter): object {
  return {
    topic,
    offset,
    id: letter.id,
    time: formatInstant(letter.at),
    code: letter.code,
    kind: letter.kind,
    cause: letter.cause,
    attempts: letter.attempts,
    service: letter.service,
    originalTopic: letter.topic,
    originalPartition: letter.partition,
    originalOffset: letter.offset,
    originalKey: letter.key,
    settled: settled === undefined ? null : { ...settled, at: formatInstant(settled.at) },
  };
}

/** One letter in full, the message last, as it came. */
export function letterText({ topic, offset, letter, settled }: StoredLetter): string {
  const place =
    letter.offset === null ? 'it never joined its topic' : `partition ${letter.partition}, ${letter.offset}`;
  const lines: readonly (readonly [string, string])[] = [
    ['letter', `${topic} ${offset}`],
    ['id', letter.id],
    ['time', formatInstant(letter.at)],
    ['code', `${letter.code} (${letter.kind})`],
    ['cause', letter.cause],
    ['attempts', `${letter.attempts}`],
    ['service', letter.service],
    ['original', `${letter.topic} (${place})`],
    ['key', letter.key],
    ['settled', settled === undefined ? 'no' : settledText(settled)],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const head = lines.map(([name, text]) => printable(`${name.padEnd(width)}  ${text}`).trimEnd());
  return [...head, '', ...letter.value.split(/\r?\n/).map(printable), ''].join('\n');
}

function settledText({ settlement, who, why, at }: Settled): string {
  return `${settlement} by ${who} at ${formatInstant(at)}${why === '' ? '' : `: ${why}`}`;
}

function shortened(text: string): string {
  const characters = Array.from(text);
  return characters.length <= CAUSE_SHOWN ? text : `${characters.slice(0, CAUSE_SHOWN).join('')}…`;
}
