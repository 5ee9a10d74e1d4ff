// Dead letters as the API tells of them, with what became of each.
import { setImmediate } from 'node:timers/promises';
import type { LetterLine } from '#api/letter-contract.ts';
import { formatInstant } from '#core/time.ts';
import type { LogMessage } from '#ports/event-log.ts';
import type { StoreReader } from '#ports/store.ts';
import { brokerOf, lettersAmong, type StoredLetter } from '../reading/dead-letters.ts';

/** Of a topic that holds more, the newest are told. */
const NEWEST = 5_000;
/** Read before the pipeline has its turn. */
const PIECE = 100;

export async function letterLines(store: Pick<StoreReader, 'topics' | 'read'>): Promise<readonly LetterLine[]> {
  const lines: LetterLine[] = [];
  for (const { topic, start, end } of store.topics().filter((each) => each.topic.endsWith('.dlq'))) {
    const messages: LogMessage[] = [];
    for (let next = Math.max(start, end - NEWEST); next < end;) {
      const piece = store.read(topic, next, PIECE);
      const last = piece.at(-1);
      if (last === undefined) break;
      messages.push(...piece);
      next = last.offset + 1;
      await setImmediate();
    }
    lines.push(...lettersAmong(topic, messages).letters.map(lineOf));
  }
  return lines;
}

function lineOf({ topic, offset, letter, settled }: StoredLetter): LetterLine {
  return {
    topic,
    offset,
    id: letter.id,
    ts: formatInstant(letter.at),
    broker: brokerOf(letter.topic) ?? null,
    original_topic: letter.topic,
    original_offset: letter.offset,
    service: letter.service,
    code: letter.code,
    cause: letter.cause,
    attempts: letter.attempts,
    message: letter.value,
    settled: settled === undefined ? null : { ...settled, at: formatInstant(settled.at) },
  };
}
