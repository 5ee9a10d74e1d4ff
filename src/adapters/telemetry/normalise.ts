// Turns whatever a caller hands over as fields into plain, bounded data that can be written. It never throws: cycles,
// getters that fail, huge structures and errors all end as something readable.

import { types } from 'node:util';
import { REDACTED, isSensitiveKey } from './redaction.ts';
import type { TextCleaner } from './redaction.ts';

/** Data that JSON can hold, free of secrets and control characters. */
export type PlainValue = string | number | boolean | null | readonly PlainValue[] | PlainFields;
export interface PlainFields {
  readonly [key: string]: PlainValue;
}

const DEPTH_LIMIT = 8;
const ITEM_LIMIT = 2_000;
/** All texts of one record together; beyond it a text becomes a mark. */
const RECORD_LIMIT = 65_536;
const CAUSE_LIMIT = 5;
const CUT = '[cut: record too large]';

/** The fields as plain data. The first error among them is spread as `error_type`, `error_message` and `stack`. */
export function normaliseFields(fields: unknown, cleaner: TextCleaner): PlainFields {
  return new Normaliser(cleaner).fields(fields);
}

/** The message of a record, whatever it was given as. */
export function normaliseEvent(event: unknown, cleaner: TextCleaner): string {
  if (typeof event === 'string') return cleaner.clean(event);
  const value = new Normaliser(cleaner).value(event, 0);
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}

/** One record's walk; it holds what is left of the record's budget and the objects that are being walked. */
class Normaliser {
  readonly #cleaner: TextCleaner;
  readonly #open = new Set<object>();
  #items = 0;
  #characters = 0;

  constructor(cleaner: TextCleaner) {
    this.#cleaner = cleaner;
  }

  fields(fields: unknown): PlainFields {
    if (fields === undefined || fields === null) return {};
    if (isError(fields)) return this.#error(fields);
    if (typeof fields !== 'object') return { value: this.value(fields, 0) ?? null };
    const plain: Record<string, PlainValue> = {};
    this.#open.add(fields);
    for (const key of keysOf(fields)) {
      const field = readProperty(fields, key);
      if (!isSensitiveKey(key) && isError(field) && !Object.hasOwn(plain, 'error_type'))
        Object.assign(plain, this.#error(field));
      else this.#put(plain, key, field, 1);
    }
    return plain;
  }

  /** Undefined where JSON would leave the value out. */
  value(value: unknown, depth: number): PlainValue | undefined {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return Number.isFinite(value) ? value : `${value}`;
      case 'boolean':
        return value;
      case 'bigint':
        return this.#text(value.toString());
      case 'symbol':
        return this.#text(value.toString());
      case 'function':
        return '[function]';
      case 'undefined':
        return undefined;
      case 'object':
        return value === null ? null : this.#object(value, depth);
    }
  }

  #object(value: object, depth: number): PlainValue {
    if (this.#open.has(value)) return '[circular]';
    if (depth >= DEPTH_LIMIT) return '[cut: too deep]';
    this.#open.add(value);
    try {
      if (isError(value)) return this.#error(value);
      if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
      if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
      if (types.isMap(value)) return this.#entries([...value], depth);
      if (types.isSet(value)) return this.#list([...value], depth);
      if (Array.isArray(value)) return this.#list(value, depth);
      const toJson = readProperty(value, 'toJSON');
      if (typeof toJson === 'function') return this.value(toJson.call(value), depth + 1) ?? null;
      return this.#entries(
        keysOf(value).map((key) => [key, readProperty(value, key)]),
        depth,
      );
    } catch (cause) {
      // Only code that the value brought along can fail here, a toJSON or a proxy; the record is worth more than it.
      return this.#text(`[unreadable: ${messageOf(cause)}]`);
    } finally {
      this.#open.delete(value);
    }
  }

  #list(values: readonly unknown[], depth: number): PlainValue {
    const plain: PlainValue[] = [];
    for (const value of values) {
      if (this.#items >= ITEM_LIMIT) {
        plain.push(CUT);
        break;
      }
      this.#items += 1;
      plain.push(this.value(value, depth + 1) ?? null);
    }
    return plain;
  }

  #entries(entries: readonly (readonly [unknown, unknown])[], depth: number): PlainFields {
    const plain: Record<string, PlainValue> = {};
    for (const [key, value] of entries) {
      if (this.#items >= ITEM_LIMIT) break;
      this.#put(plain, typeof key === 'string' ? key : messageOf(key), value, depth + 1);
    }
    return plain;
  }

  #put(plain: Record<string, PlainValue>, key: string, value: unknown, depth: number): void {
    this.#items += 1;
    const item = value === undefined || !isSensitiveKey(key) ? this.value(value, depth) : REDACTED;
    if (item !== undefined) setField(plain, this.#text(key), item);
  }

  /** An allow-list: other properties of an error may hold a request with its headers. */
  #error(error: unknown): PlainFields {
    const plain: Record<string, PlainValue> = {};
    plain['error_type'] = this.#text(typeOf(error));
    plain['error_message'] = this.#text(messageOf(error));
    const code = readProperty(error, 'code');
    if (typeof code === 'string' || typeof code === 'number') plain['error_code'] = this.value(code, 0) ?? null;
    plain['stack'] = this.#text(stackOf(error, 0, new Set()));
    return plain;
  }

  #text(text: string): string {
    if (this.#characters >= RECORD_LIMIT) return CUT;
    const cleaned = this.#cleaner.clean(text);
    this.#characters += cleaned.length;
    return cleaned;
  }
}

/** Sets a field; one that is named `__proto__` is a field like any other. */
export function setField(fields: Record<string, PlainValue>, key: string, value: PlainValue): void {
  if (key !== '__proto__') fields[key] = value;
  else Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
}

function isError(value: unknown): boolean {
  try {
    return types.isNativeError(value) || value instanceof Error;
  } catch {
    // A proxy may throw on `instanceof`; then it is no error of ours.
    return false;
  }
}

function keysOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

function readProperty(value: unknown, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch (cause) {
    return `[unreadable: ${messageOf(cause)}]`;
  }
}

function typeOf(error: unknown): string {
  const name = readProperty(error, 'name');
  return typeof name === 'string' && name !== '' ? name : 'Error';
}

/** The message of an error; anything else as text. */
function messageOf(value: unknown): string {
  if (isError(value)) {
    const message = readProperty(value, 'message');
    return typeof message === 'string' ? message : '';
  }
  try {
    return String(value);
  } catch {
    return '[unreadable]';
  }
}

function stackOf(error: unknown, depth: number, seen: Set<unknown>): string {
  if (!isError(error)) return messageOf(error);
  seen.add(error);
  const own = readProperty(error, 'stack');
  const stack = typeof own === 'string' && own !== '' ? own : `${typeOf(error)}: ${messageOf(error)}`;
  if (depth >= CAUSE_LIMIT) return stack;
  const cause = readProperty(error, 'cause');
  const parts = readProperty(error, 'errors');
  const beneath = [
    ...(cause === undefined || cause === null ? [] : [['Caused by', cause] as const]),
    ...(Array.isArray(parts) ? parts.slice(0, CAUSE_LIMIT).map((part: unknown) => ['One of', part] as const) : []),
  ];
  const chain = beneath
    .filter(([, inner]) => !seen.has(inner))
    .map(([word, inner]) => `\n${word}: ${stackOf(inner, depth + 1, seen)}`);
  return stack + chain.join('');
}
