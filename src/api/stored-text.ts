// A stored message as JSON text. Envelopes go out as they came in: read and written anew, a number of many digits would be
// another.
import type { StoredMessage } from './reading.ts';

export function messageText({ offset, text, json }: StoredMessage): string {
  return json ? `{"offset":${offset},"envelope":${text}}` : JSON.stringify({ offset, raw: text });
}
