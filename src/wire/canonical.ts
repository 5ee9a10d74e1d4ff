// JSON with one spelling for each value, and its hash: two states are equal when their hashes are, on any machine.
import { createHash } from 'node:crypto';
import { invariant } from '#core/invariant.ts';

/** JSON with sorted keys and no spaces; fields that are undefined are left out. Throws on what JSON cannot say. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) return canonicalObject(value as Readonly<Record<string, unknown>>);
  invariant(typeof value !== 'number' || Number.isFinite(value), `JSON has no number ${String(value)}`);
  const text = JSON.stringify(value) as string | undefined;
  invariant(text !== undefined, `JSON has no value of type ${typeof value}`);
  return text;
}

function canonicalObject(fields: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(fields).filter((key) => fields[key] !== undefined);
  const parts = keys.toSorted().map((key) => `${JSON.stringify(key)}:${canonicalJson(fields[key])}`);
  return `{${parts.join(',')}}`;
}

/** The SHA-256 of a text in UTF-8, in hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
