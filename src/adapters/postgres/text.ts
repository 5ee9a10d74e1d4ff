// Texts as PostgreSQL keeps them. Its `text` cannot hold U+0000, which a stranger may send; so that character is written as
// two others. JSON never holds them unescaped, so every text of the platform's own stays as it is, readable in `psql`.
import { hash } from 'node:crypto';

const NUL = '\u0000';
const ESCAPE = '\u0001';
const ESCAPED_NUL = `${ESCAPE}0`;
const ESCAPED_ESCAPE = `${ESCAPE}1`;

/** No kept text begins like this, so a short form never equals a whole one. */
const SHORTENED = `${ESCAPE}#`;
/** An entry of an index may be a third of a page. */
const INDEXED_MAX = 500;

export function keptText(text: string): string {
  if (typeof text !== 'string') throw new TypeError(`expected a text, found ${typeof text}`);
  if (!text.includes(NUL) && !text.includes(ESCAPE)) return text;
  return text.replaceAll(ESCAPE, ESCAPED_ESCAPE).replaceAll(NUL, ESCAPED_NUL);
}

/** Inverse of `keptText`. */
export function givenText(kept: string): string {
  if (!kept.includes(ESCAPE)) return kept;
  return kept.replaceAll(ESCAPED_NUL, NUL).replaceAll(ESCAPED_ESCAPE, ESCAPE);
}

/** What stands in an index for an id, which may be of any length: the id itself, or its digest. */
export function indexedText(text: string): string {
  const kept = keptText(text);
  return kept.length <= INDEXED_MAX ? kept : SHORTENED + hash('sha256', kept, 'hex');
}
