// A line of a log file as a record again, in each of the formats in which one may have been written. What was cleaned when it
// was written is cleaned again: the file may be of a stranger, and a secret may have become known since.
import { LOG_CHANNELS, LOG_LEVELS, type LogChannel, type LogLevel } from '#ports/telemetry.ts';
import { type FoundRecord } from '#ports/log-search.ts';
import { normaliseFields, type PlainFields } from './normalise.ts';
import { type TextCleaner } from './redaction.ts';

/** What a JSON record has for itself; everything else is a field of the caller's. */
const HEAD: ReadonlySet<string> = new Set([
  'timestamp',
  'level',
  'logger',
  'component',
  'channel',
  'service',
  'env',
  'version',
  'broker',
  'event',
]);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const TEXT_LINE = /^(\S+Z) ([A-Z]+) +(\S+) {2}(.*)$/;
const PAIR = /(?:^| )([^\s"=]+|"(?:[^"\\]|\\.)*")=("(?:[^"\\]|\\.)*"|[^\s"]+)/g;

/** @param of the channel whose file it is; undefined for a file of all channels */
export function readLine(line: string, of: LogChannel | undefined, cleaner: TextCleaner): FoundRecord {
  const flat = line.startsWith('{')
    ? fieldsOfJson(line)
    : line.startsWith('timestamp=')
      ? fieldsOfPairs(line)
      : undefined;
  if (flat === undefined) return readText(line, of, cleaner);
  const plain = normaliseFields(flat, cleaner);
  return {
    timestamp: timeIn(plain['timestamp']),
    level: LOG_LEVELS.find((level) => level === plain['level']),
    channel: LOG_CHANNELS.find((channel) => channel === plain['channel']) ?? of,
    component: textIn(plain['component']),
    broker: textIn(plain['broker']),
    event: textIn(plain['event']) ?? '',
    fields: Object.fromEntries(Object.entries(plain).filter(([key]) => !HEAD.has(key))),
  };
}

/** Which namespace a plain line is of cannot be told from its text. */
function readText(line: string, of: LogChannel | undefined, cleaner: TextCleaner): FoundRecord {
  const [, timestamp, level, component, rest] = TEXT_LINE.exec(line) ?? [];
  return {
    timestamp: timeIn(timestamp),
    level: LOG_LEVELS.find((each): each is LogLevel => each === level),
    channel: of,
    component: component === undefined ? undefined : cleaner.clean(component),
    broker: undefined,
    event: cleaner.clean(rest ?? line),
    fields: {},
  };
}

function fieldsOfJson(line: string): object | undefined {
  const read = parsed(line);
  return typeof read === 'object' && read !== null && !Array.isArray(read) ? read : undefined;
}

function fieldsOfPairs(line: string): object {
  const bare = (text: string): unknown => (text.startsWith('"') ? (parsed(text) ?? text) : text);
  return Object.fromEntries(
    [...line.matchAll(PAIR)].map(([, key = '', value = '']) => [String(bare(key)), bare(value)]),
  );
}

/** Undefined for what a crash cut. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function textIn(value: PlainFields[string] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function timeIn(value: PlainFields[string] | undefined): string | undefined {
  return typeof value === 'string' && TIME.test(value) ? value : undefined;
}
