// Which messages of a topic were refused when they came from outside. They lie on their topic like any other, but no
// stage applied them, so whoever folds a topic leaves them out.
import type { StoreReader } from '#ports/store.ts';
import { deadLetterTopic } from '#wire/topics.ts';

const AT_ONCE = 512;

/** The offsets of a topic's messages that its dead letters name. */
export function refusedOffsets(reader: StoreReader, topic: string): ReadonlySet<number> {
  const refused = new Set<number>();
  const letters = deadLetterTopic(topic);
  for (let page = reader.read(letters, 0, AT_ONCE), last = page.at(-1); last !== undefined; last = page.at(-1)) {
    for (const { value } of page) {
      const offset = offsetIn(value, topic);
      if (offset !== undefined) refused.add(offset);
    }
    page = reader.read(letters, last.offset + 1, AT_ONCE);
  }
  return refused;
}

/** The offset that a dead letter names; undefined for one of another topic, and for a stranger's text. */
function offsetIn(value: string, topic: string): number | undefined {
  const metadata = member(member(parsed(value), 'data'), 'dlq_metadata');
  const offset = member(metadata, 'original_offset');
  return member(metadata, 'original_topic') === topic && typeof offset === 'number' ? offset : undefined;
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
