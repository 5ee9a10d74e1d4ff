// What became of a dead letter: a note on the letter's own topic, so that whoever reads the letters reads it too. Nothing
// is ever taken out of a topic.
import { formatInstant, type EpochMs } from '#core/time.ts';
import { envelopeText, type EncodedMessage } from './envelope.ts';

/** `replayed`: its message was left for the platform again. `discarded`: it needs nothing more. */
export type Settlement = 'replayed' | 'discarded';

export interface DeadLetterNote {
  /** Where the letter lies. */
  readonly topic: string;
  readonly letterId: string;
  readonly key: string;
  readonly settlement: Settlement;
  readonly who: string;
  readonly why: string;
  readonly at: EpochMs;
  /** How many notes there are about the letter. */
  readonly before: number;
}

/** The note about a letter. Its id comes from the letter's, so that the same note joins once. */
export function deadLetterNote(note: DeadLetterNote): EncodedMessage {
  const { topic, letterId, key, settlement, who, why, at, before } = note;
  const id = `${letterId}/${settlement}${before === 0 ? '' : `.${before + 1}`}`;
  const header = { id, type: 'dead_letter_settled', broker: 'system', key, source: 'command_line' } as const;
  const value = envelopeText(
    { ...header, ts: formatInstant(at), correlationId: letterId, causationId: letterId },
    JSON.stringify({ letter_id: letterId, settlement, who, why }),
  );
  return { topic, key, id, value };
}
