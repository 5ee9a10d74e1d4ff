// Settles dead letters: their messages are left in the inbox again, or it is said that they need nothing more. Everything
// is checked before the first message is left, and each goes together with the note that says so.
import { setTimeout as sleep } from 'node:timers/promises';
import { fixedMessage, type Fix } from './dead-letter-fixes.ts';
import { openMessages } from './open-place.ts';
import { type OpenPlace, type Place } from './place.ts';
import { type LetterFilter, lettersAt, lettersIn, type StoredLetter } from './reading/dead-letters.ts';
import { RequestError, withStores } from './reading/open-store.ts';
import { RefusedError } from './requests.ts';
import { isDerivedId, type BrokerId } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import { INTAKE, readFromOutside } from '#engine/from-outside.ts';
import { keeperOf, type StageName } from '#engine/pipeline.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { type Inbox, type StoreReader } from '#ports/store.ts';
import { deadLetterNote, type Settlement } from '#wire/dead-letter-note.ts';
import { readDeadLetter } from '#wire/read-dead-letter.ts';
import { parseTopic } from '#wire/topics.ts';

const SECOND_MS = 1_000;

/** Letters by their places on one topic, or by what they have in common. */
export type Chosen = { readonly topic: string; readonly offsets: readonly number[] } | LetterFilter;

interface Request {
  readonly place: Place | OpenPlace;
  readonly active: readonly string[];
  readonly chosen: Chosen;
  /** Settles letters that were settled before, too. */
  readonly again: boolean;
  readonly who: string;
  readonly why: string;
}

export interface ReplayRequest extends Request {
  readonly fixes: readonly Fix[];
  /** Default life of a signal in a namespace. */
  readonly ttlMsOf: (broker: string) => number;
}

/** One letter and what will be left in the inbox for it. */
export interface Settling {
  readonly stored: StoredLetter;
  readonly note: NewMessage;
  /** The message that is sent again; undefined for a letter that is discarded. */
  readonly message: (NewMessage & { readonly id: string }) | undefined;
  /** The message is a signal whose time is over: it would be taken, and expire at once. */
  readonly expired: boolean;
}

export interface SettlingPlan {
  readonly settlings: readonly Settling[];
  /** Letters that were chosen and left out, because they were settled before. */
  readonly leftOut: readonly StoredLetter[];
}

/** What a replay would send. Throws `RefusedError`, with every reason, when one of the messages would come back. */
export function planReplay(request: ReplayRequest): SettlingPlan {
  return withStores(request.place, (reader) => {
    const { open, leftOut } = choose(reader, request);
    const at = marketTime(reader);
    const refusals: string[] = [];
    const settlings: Settling[] = [];
    for (const stored of open) {
      const made = replayOf(stored, request, reader, at);
      if (typeof made === 'string') refusals.push(`${stored.topic} ${stored.offset}: ${onOneLine(made)}`);
      else settlings.push(made);
    }
    if (refusals.length > 0) throw new RefusedError(`nothing was sent:\n  ${refusals.join('\n  ')}`);
    return { settlings, leftOut };
  });
}

/** What a discard would note. */
export function planDiscard(request: Request): SettlingPlan {
  return withStores(request.place, (reader) => {
    const { open, leftOut } = choose(reader, request);
    const settlings = open.map((stored) => {
      return { stored, note: noteOn(stored, 'discarded', request), message: undefined, expired: false };
    });
    return { settlings, leftOut };
  });
}

/** Leaves what was planned in the inbox, at most so many letters a second; returns how many before it was interrupted. */
export async function settle(
  place: Place | OpenPlace,
  settlings: readonly Settling[],
  perSecond: number,
  interrupted: AbortSignal,
): Promise<number> {
  const inboxes = new Map<StageName, Inbox>();
  let done = 0;
  try {
    for (const { message, note, stored } of settlings) {
      if (done > 0) await pause(SECOND_MS / perSecond, interrupted);
      if (interrupted.aborted) break;
      // Where stages run apart: with the one that takes such messages, and has the letters about them.
      const keeper = keeperOf(stored.topic);
      const inbox = inboxes.get(keeper) ?? openMessages(place, keeper);
      inboxes.set(keeper, inbox);
      // Both or neither: a letter is never noted as sent when it was not.
      inbox.put(message === undefined ? [note] : [message, note]);
      done++;
    }
  } finally {
    for (const inbox of inboxes.values()) inbox.close();
  }
  return done;
}

/** What a decoder says may quote a stranger's text, which must not move a terminal's cursor. */
function onOneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

/** The letters that are meant, those apart that were settled. */
function choose(
  reader: StoreReader,
  { active, chosen, again }: Request,
): { readonly open: readonly StoredLetter[]; readonly leftOut: readonly StoredLetter[] } {
  const letters =
    'offsets' in chosen
      ? lettersAt(reader, active, chosen.topic, chosen.offsets)
      : lettersIn(reader, active, chosen).letters;
  const isOpen = ({ settled }: StoredLetter): boolean => again || settled === undefined;
  return { open: letters.filter(isOpen), leftOut: letters.filter((stored) => !isOpen(stored)) };
}

/** A message to send again, or why it would come back or do nothing. */
function replayOf(stored: StoredLetter, request: ReplayRequest, reader: StoreReader, at: EpochMs): Settling | string {
  const { letter } = stored;
  const fixed = fixedMessage(letter.value, request.fixes, letter.id);
  if (!fixed.ok) return fixed.problem;
  const { topic, key } = letter;
  const parsed = parseTopic(topic);
  const ttlMs = parsed?.scope === 'broker' ? request.ttlMsOf(parsed.broker) : 0;
  const isActive = (broker: BrokerId): boolean => request.active.includes(broker);
  const read = readFromOutside(topic, fixed.value, { at, ttlMs, offsetId: letter.id }, isActive);
  if (!read.ok) return read.cause.message;
  const { event } = read;
  const { id } = event.trace;
  if (isDerivedId(id)) return `${topic}: ${id} is an id of the platform's own, which nobody else may send; discard it`;
  // The platform may have taken it from its place in the log; under a new id it would be taken twice.
  if (id === letter.id && letter.service !== INTAKE) {
    return `${topic}: expected an id, found none, and ${letter.service} gave it up after it was on its topic; discard it`;
  }
  if (!request.again && reader.has(topic, id)) {
    return `${topic}: a message was taken under the id ${id}, so another would do nothing; discard the letter`;
  }
  const expired = event.type === 'trading_signal' && event.expiresAt <= at;
  const message = { topic, key, id, value: fixed.value };
  return { stored, note: noteOn(stored, 'replayed', request), message, expired };
}

function noteOn({ topic, letter, notes }: StoredLetter, settlement: Settlement, { who, why }: Request): NewMessage {
  const at = Date.now() as EpochMs;
  const { id: letterId, key } = letter;
  const note = deadLetterNote({ topic, letterId, key, settlement, who, why, at, before: notes.length });
  if (readDeadLetter(note.value)?.is === 'note') return note;
  throw new RequestError(`expected --who to be a name of 1 to 128 characters, found ${JSON.stringify(who)}`);
}

/** The time of the newest input, by which the platform takes messages; the clock's before there is one. */
function marketTime(reader: StoreReader): EpochMs {
  const [newest] = reader.inputsAfter(reader.lastSeq() - 1, 1);
  return (newest?.at ?? Date.now()) as EpochMs;
}

async function pause(ms: number, interrupted: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
}
