// How dead letters are printed, for people and for scripts. Apart from the command, which also changes what becomes of them.
import type { Settled, StoredLetter } from '#app/reading/dead-letters.ts';
import type { Settling } from '#app/settle-dead-letters.ts';
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
    original_topic: letter.topic,
    original_partition: letter.partition,
    original_offset: letter.offset,
    original_key: letter.key,
    settled: settled === undefined ? null : settledJson(settled),
  };
}

/** One letter in full for scripts: its message as it came, and everything that was said about it. */
export function letterInFull(stored: StoredLetter): object {
  return { ...letterJson(stored), notes: stored.notes.map(settledJson), original_value: stored.letter.value };
}

function settledJson({ at, ...settled }: Settled): object {
  return { ...settled, at: formatInstant(at) };
}

/** One letter in full, the message last, as it came. */
export function letterText({ topic, offset, letter, notes }: StoredLetter): string {
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
    ...(notes.length === 0 ? ['no'] : notes.map(settledText)).map((text) => ['settled', text] as const),
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

/** What is done about a letter, or would be: the message as it is sent stands below. */
export function settlingText(how: 'would' | 'did', { stored, message, expired }: Settling): string {
  const letter = `${stored.topic} ${stored.offset}`;
  if (message === undefined) return `${how === 'would' ? 'would discard' : 'discarded'} ${letter}\n`;
  const verb = how === 'would' ? 'would send' : 'sent';
  const late = expired ? '; its time is over, so it will expire: --set data.expires_at=… gives it another' : '';
  const head = `${verb} ${letter} to ${message.topic} as ${message.id}${late}`;
  return `${printable(head)}\n${how === 'would' ? `  ${printable(message.value)}\n` : ''}`;
}

/** The same for scripts; `sent` is null for a letter that is discarded. */
export function settlingJson({ stored, message, expired }: Settling): object {
  const sent = message === undefined ? null : { ...message, expired };
  return { topic: stored.topic, offset: stored.offset, letter_id: stored.letter.id, sent };
}
