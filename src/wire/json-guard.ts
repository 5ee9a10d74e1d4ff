// The first look at a text from a stranger: size, syntax, depth and forbidden keys, before anything reads its fields.
import { type WireErrorCode } from './error-codes.ts';

/** What a message may measure. */
export interface JsonLimits {
  readonly bytesMax: number;
  readonly levelsMax: number;
}

export type JsonRead =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: WireErrorCode; readonly message: string };

const OPENING_SHOWN = 40;

/** The value of a JSON text within the limits. */
export function readJson(text: string, limits: JsonLimits): JsonRead {
  const { bytesMax, levelsMax } = limits;
  if (text.length > bytesMax || Buffer.byteLength(text) > bytesMax) {
    const found = `${text.length} characters`;
    return refuse('TOO_LARGE', `expected at most ${bytesMax} bytes, found ${found}; send less, above all in metadata`);
  }
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  const offence = offenceIn(parsed.value, levelsMax);
  if (offence === 'depth') {
    return refuse(
      'TOO_DEEP',
      `expected at most ${levelsMax} levels of objects and lists, found more; flatten the message`,
    );
  }
  if (offence === 'key') {
    return refuse('FORBIDDEN_KEY', 'expected ordinary field names, found __proto__; give the field another name');
  }
  return parsed;
}

function parse(text: string): JsonRead {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const opening = JSON.stringify(text.slice(0, OPENING_SHOWN));
    return refuse(
      'MALFORMED_JSON',
      `expected JSON, found text that opens with ${opening} (${why}); write it with a JSON library`,
    );
  }
}

/** What is wrong with a parsed value, if anything. It never looks deeper than the limit, so it cannot run out of stack. */
function offenceIn(value: unknown, levelsLeft: number): 'depth' | 'key' | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (levelsLeft === 0) return 'depth';
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return 'key';
    const offence = offenceIn((value as Readonly<Record<string, unknown>>)[key], levelsLeft - 1);
    if (offence !== undefined) return offence;
  }
  return undefined;
}

function refuse(code: WireErrorCode, message: string): JsonRead {
  return { ok: false, code, message };
}
