// Fix-ups of a message that is sent again: `data.quantity=10`. Pure text in, text out, so that what a dry run shows is what
// is sent.
import { RequestError } from './reading/open-store.ts';

/** A field of an envelope and the value that it shall have. */
export interface Fix {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Who a message is and where it belongs stays as it was: with another of these it would be another message. */
const FIXED: ReadonlySet<string> = new Set(['id', 'broker', 'topic', 'data.broker', 'data.execution_mode']);
const LOOKS_LIKE_JSON = /^\s*[[{"]/;

/** Reads `path=value`; the value is JSON, or text when it does not look like JSON. Throws `RequestError`. */
export function parseFix(text: string): Fix {
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(at, 0)).split('.');
  if (path.some((name) => name === '' || name === '__proto__')) {
    throw new RequestError(`expected --set path=value such as data.quantity=10, found ${JSON.stringify(text)}`);
  }
  const spelled = path.join('.');
  if (FIXED.has(spelled)) {
    throw new RequestError(`--set cannot change ${spelled}: it says which message this is; send another one instead`);
  }
  return { path, value: valueOf(spelled, text.slice(at + 1)) };
}

function valueOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (!LOOKS_LIKE_JSON.test(text)) return text;
    throw new RequestError(`expected --set ${path} to be JSON such as 10, true or "10.50", found ${text}`);
  }
}

export type Fixed = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly problem: string };

/**
 * The message with its fixes, and with `id` when it has none: under an id it is applied once, however often it is sent.
 * A message that needs neither stays as it is to the byte.
 */
export function fixedMessage(value: string, fixes: readonly Fix[], id: string): Fixed {
  const envelope = parsed(value);
  // What is no object cannot be fixed field by field; why, the decoder says.
  if (!isFields(envelope)) return fixes.length === 0 ? { ok: true, value } : NOT_AN_OBJECT;
  const named = envelope['id'] == null ? { ...envelope, id } : envelope;
  for (const fix of fixes) {
    const problem = apply(named, fix);
    if (problem !== undefined) return { ok: false, problem };
  }
  const untouched = named === envelope && fixes.length === 0 && value.isWellFormed();
  return { ok: true, value: untouched ? value : JSON.stringify(named) };
}

const NOT_AN_OBJECT: Fixed = {
  ok: false,
  problem: 'expected a JSON object for --set to change, found none; send a corrected message, and discard this letter',
};

type Fields = Record<string, unknown>;

function apply(envelope: Fields, { path, value }: Fix): string | undefined {
  const [name = '', ...above] = path.toReversed();
  let holder: unknown = envelope;
  for (const step of above.toReversed()) holder = has(holder, step) ? holder[step] : undefined;
  const missingInData = path.length === 2 && path[0] === 'data' && isFields(holder);
  if (has(holder, name) || missingInData) {
    (holder as Fields)[name] = value;
    return undefined;
  }
  const there = isFields(holder) ? `, which has ${Object.keys(holder).join(', ') || 'nothing'}` : '';
  return `expected --set to name a field of the message, or a missing one of data, found ${path.join('.')}${there}`;
}

/** Whether it holds a value under the name; of a list, at the index. */
function has(holder: unknown, name: string): holder is Fields {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return false;
  return !Array.isArray(holder) || /^\d+$/.test(name);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
