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

interface DeadLetterText {
  readonly data: {
    readonly dlq_metadata: { readonly original_topic: string; readonly original_offset: number | null };
  };
}

function offsetIn(value: string, topic: string): number | undefined {
  const { original_topic, original_offset } = (JSON.parse(value) as DeadLetterText).data.dlq_metadata;
  return original_topic === topic && original_offset !== null ? original_offset : undefined;
}
