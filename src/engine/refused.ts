// Which messages of a topic were refused when they came from outside. They lie on their topic like any other, but no
// stage applied them, so whoever folds a topic leaves them out. Letters of others are about messages that were applied, and that some
// service could not handle.
import type { StoreReader } from '#ports/store.ts';
import { deadLetterTopic } from '#wire/topics.ts';
import { INTAKE } from './from-outside.ts';

const AT_ONCE = 512;

/** The offsets of a topic's messages that were refused. */
export function refusedOffsets(reader: Pick<StoreReader, 'read'>, topic: string): ReadonlySet<number> {
  const refused = new Set<number>();
  const letters = deadLetterTopic(topic);
  for (let page = reader.read(letters, 0, AT_ONCE), last = page.at(-1); last !== undefined; last = page.at(-1)) {
    for (const { value } of page) {
      const offset = refusedIn(value, topic);
      if (offset !== undefined) refused.add(offset);
    }
    page = reader.read(letters, last.offset + 1, AT_ONCE);
  }
  return refused;
}

/** Where on a topic the message lies that a letter says was refused; undefined for any other letter, and for a stranger's text. */
export function refusedIn(letter: string, topic: string): number | undefined {
  const metadata = member(member(parsed(letter), 'data'), 'dlq_metadata');
  if (member(metadata, 'service_name') !== INTAKE || member(metadata, 'original_topic') !== topic) return undefined;
  const offset = member(metadata, 'original_offset');
  return typeof offset === 'number' ? offset : undefined;
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Readonly<Record<string, unknown>>)[name] : undefined;
}
