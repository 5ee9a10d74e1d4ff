// The three ways a record becomes one line: JSON for machines, key=value for grep, plain text for eyes.

import type { LogLevel } from '#ports/telemetry.ts';
import { setField } from './normalise.ts';
import type { PlainFields, PlainValue } from './normalise.ts';

/** A record before it is a line: the named fields first, then the caller's. Already clean and plain. */
export interface LogRecord {
  readonly timestamp: string;
  readonly level: LogLevel;
  readonly logger: string;
  readonly component: string;
  readonly channel: string;
  readonly service: string;
  readonly env: string;
  readonly version: string;
  readonly event: string;
  readonly fields: PlainFields;
}

/** Makes a record a line that ends with the only line feed in it. */
export type FormatLine = (record: LogRecord) => string;

/** What a plain line leaves out or adds for the eye. */
export interface TextStyle {
  readonly color: boolean;
  /** False where a file keeps the stack: on a screen it would bury the sentence. */
  readonly stack: boolean;
}

const COLORS: Readonly<Record<LogLevel, string>> = {
  DEBUG: '\u001b[2m',
  INFO: '\u001b[32m',
  WARNING: '\u001b[33m',
  ERROR: '\u001b[31m',
  CRITICAL: '\u001b[1;41m',
};
const COLOR_OFF = '\u001b[0m';
const LEVEL_WIDTH = 'CRITICAL'.length;

/** One JSON object; a caller's field whose name the record needs for itself gets a `_` behind it. */
export function formatJson(record: LogRecord): string {
  return `${JSON.stringify(flatten(record))}\n`;
}

/** `key=value` pairs, values quoted as JSON where a space or quote would make them ambiguous. */
export function formatKeyValue(record: LogRecord): string {
  return `${pairs(flatten(record))}\n`;
}

/** `time LEVEL component  message  key=value …`, for people. */
export function formatText(record: LogRecord, style: TextStyle): string {
  const padded = record.level.padEnd(LEVEL_WIDTH);
  const level = style.color ? `${COLORS[record.level]}${padded}${COLOR_OFF}` : padded;
  const shown = Object.entries(record.fields).filter(([key]) => style.stack || key !== 'stack');
  const tail = shown.length === 0 ? '' : `  ${pairs(Object.fromEntries(shown))}`;
  return `${record.timestamp} ${level} ${record.component}  ${record.event}${tail}\n`;
}

function flatten(record: LogRecord): PlainFields {
  const { fields, event, ...head } = record;
  const flat: Record<string, PlainValue> = head;
  if (Object.hasOwn(fields, 'broker')) flat['broker'] = fields['broker'] ?? null;
  flat['event'] = event;
  for (const key of Object.keys(fields)) setField(flat, reserved(key, record) ? `${key}_` : key, fields[key] ?? null);
  return flat;
}

function reserved(key: string, record: LogRecord): boolean {
  return key !== 'fields' && Object.hasOwn(record, key);
}

function pairs(fields: PlainFields): string {
  return Object.entries(fields)
    .map(([key, value]) => `${bare(key)}=${bare(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(' ');
}

/** The text itself where that is unambiguous, else quoted. */
function bare(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
