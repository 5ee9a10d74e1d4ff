// Pages of lists. A cursor names the last item that was seen, not a place: what joins or leaves a list between two pages
// makes nothing come twice.
import { z } from 'zod';
import { ProblemError } from './problem.ts';

export type Key = readonly (string | number)[];

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;
const CURSOR_CHARACTERS_MAX = 2_048;

/** The parameters that every list takes. */
export const paged = {
  limit: whole(1, LIMIT_MAX).default(LIMIT_DEFAULT).describe('How many items at most.'),
  cursor: z.string().max(CURSOR_CHARACTERS_MAX).optional().describe('`next_cursor` of the page before.'),
};

/** A whole number as it stands in a query: digits and nothing else. */
export function whole(min: number, max: number) {
  const digits = z.string('expected it once').regex(/^\d{1,15}$/, `expected a whole number from ${min} to ${max}`);
  return digits.transform(Number).pipe(z.int().min(min).max(max));
}

export function encodeCursor(list: string, key: Key): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url');
}

/** The key in a cursor of this list; `shape` has an example of each of its parts. Throws `ProblemError`. */
export function decodeCursor<const Shape extends Key>(
  list: string,
  cursor: string | undefined,
  shape: Shape,
): { [Part in keyof Shape]: Shape[Part] extends string ? string : number } | undefined {
  if (cursor === undefined) return undefined;
  const read = parsed(Buffer.from(cursor, 'base64url').toString());
  const sound =
    Array.isArray(read) &&
    read.length === shape.length + 1 &&
    read[0] === list &&
    shape.every((part, k) => isPart(read[k + 1], typeof part));
  if (sound) return read.slice(1) as never;
  throw new ProblemError(400, 'expected cursor to be the next_cursor of a page of this list; ask without it to begin');
}

/** A page of a list that is held whole, in the order of its keys. */
export function pageOf<Item>(
  list: string,
  all: readonly Item[],
  keyOf: (item: Item) => Key,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Page<Item> {
  const sorted = all.toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)));
  const [first] = sorted;
  const after = first === undefined ? undefined : decodeCursor(list, cursor, keyOf(first));
  const rest = after === undefined ? sorted : sorted.filter((item) => compareKeys(keyOf(item), after) > 0);
  return cut(list, rest.slice(0, limit + 1), keyOf, limit);
}

/** A page of what is on the list from here on, of which one more than fits shows that it goes on. */
export function cut<Item>(list: string, rest: readonly Item[], keyOf: (item: Item) => Key, limit: number): Page<Item> {
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: last === undefined || rest.length <= limit ? null : encodeCursor(list, keyOf(last)) };
}

function compareKeys(a: Key, b: Key): number {
  for (let k = 0; k < a.length; k++) {
    const [left, right] = [a[k] ?? '', b[k] ?? ''];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** The numbers of keys are tokens and offsets. */
function isPart(found: unknown, type: string): boolean {
  return typeof found === type && (type === 'string' || (Number.isSafeInteger(found) && (found as number) >= 0));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
