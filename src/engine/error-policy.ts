// What to do about an error: which kind it is, how often and after what pause to try again, and the dead letter when
// that did not help. Pure: time and chance are handed in.
import { InvariantError } from '#core/invariant.ts';
import { type EpochMs } from '#core/time.ts';
import { type LogMessage, type NewMessage } from '#ports/event-log.ts';
import { StoreError } from '#ports/store.ts';
import { deadLetter, type FailureKind } from '#wire/dead-letter.ts';

export interface RetryRule {
  /** How often a message is tried in all. */
  readonly attemptsMax: number;
  readonly pauseMs: number;
  readonly pauseMsMax: number;
}

const ONCE: RetryRule = { attemptsMax: 1, pauseMs: 0, pauseMsMax: 0 };

export const RETRY_RULES: Readonly<Record<FailureKind, RetryRule>> = {
  transient: { attemptsMax: 5, pauseMs: 1_000, pauseMsMax: 30_000 },
  infrastructure: { attemptsMax: 3, pauseMs: 2_000, pauseMsMax: 60_000 },
  rate_limit: { attemptsMax: 8, pauseMs: 5_000, pauseMsMax: 300_000 },
  business: { attemptsMax: 2, pauseMs: 1_000, pauseMsMax: 10_000 },
  authentication: ONCE,
  poison: ONCE,
};

/**
 * The kind of an error. An error that says so itself, in a field `retry` with the name of a kind, is believed; then its
 * code and that of its causes decide, then its class, then its text; what is left is `business`.
 */
export function classify(error: unknown): FailureKind {
  return saidBy(error) ?? kindOfCodes(error) ?? kindOfClass(error) ?? kindOfText(textOf(error)) ?? 'business';
}

/** Whether to try again after `attempts` failures, of which the last was of this kind. */
export function mayRetry(kind: FailureKind, attempts: number): boolean {
  return attempts < RETRY_RULES[kind].attemptsMax;
}

/**
 * Milliseconds to wait after `attempts` failures: doubled with each, up to a bound, and between half and all of that, so
 * that what failed together does not come back together. `random` is from 0 to 1, 1 excluded.
 */
export function pauseMs(kind: FailureKind, attempts: number, random: number): number {
  const rule = RETRY_RULES[kind];
  const full = Math.min(rule.pauseMs * 2 ** (attempts - 1), rule.pauseMsMax);
  return Math.round(full * (0.5 + random / 2));
}

export interface FailedHandling {
  readonly message: LogMessage;
  readonly error: unknown;
  readonly attempts: number;
  readonly service: string;
  readonly group: string;
  readonly at: EpochMs;
}

/** The dead letter of a message that a handler could not handle. */
export function deadLetterOf({ message, error, attempts, service, group, at }: FailedHandling): NewMessage {
  const { topic, partition = 0, offset, key, value } = message;
  return deadLetter({
    topic,
    partition,
    offset,
    key,
    value,
    code: codeOf(error),
    message: shorten(textOf(error)),
    attempts,
    service,
    consumerGroup: group,
    at,
    kind: classify(error),
  });
}

/** What names an error: its code, or else its class. */
export function codeOf(error: unknown): string {
  const code = fieldOf(error, 'code');
  if (typeof code === 'string' && code !== '') return code;
  return error instanceof Error ? error.name : typeof error;
}

/** An error's words, whatever was thrown. */
export function textOf(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message;
  try {
    return String(error);
  } catch {
    return `a thrown ${typeof error} that has no text`;
  }
}

const TEXT_MAX = 2_000;

function shorten(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}…`;
}

const KINDS = new Set(Object.keys(RETRY_RULES));

function saidBy(error: unknown): FailureKind | undefined {
  const said = fieldOf(error, 'retry');
  return typeof said === 'string' && KINDS.has(said) ? (said as FailureKind) : undefined;
}

const NETWORK_CODES = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED ETIMEDOUT EPIPE EAI_AGAIN ENOTFOUND EHOSTUNREACH ENETUNREACH'.split(' '),
);
const MACHINE_CODES = new Set('ENOSPC EIO EMFILE ENFILE EROFS EBUSY'.split(' '));
/** Causes are followed this far, so that a circle of them ends. */
const CAUSES_MAX = 5;

/** By the codes of the operating system and of HTTP, in the error itself or in what caused it. */
function kindOfCodes(error: unknown): FailureKind | undefined {
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX && current !== undefined; depth++) {
    const kind = kindOfCode(fieldOf(current, 'code')) ?? kindOfStatus(statusOf(current));
    if (kind !== undefined) return kind;
    current = fieldOf(current, 'cause');
  }
  return undefined;
}

function kindOfCode(code: unknown): FailureKind | undefined {
  if (typeof code !== 'string') return undefined;
  if (NETWORK_CODES.has(code) || code.startsWith('UND_ERR_')) return 'transient';
  return MACHINE_CODES.has(code) ? 'infrastructure' : undefined;
}

function statusOf(error: unknown): unknown {
  return fieldOf(error, 'status') ?? fieldOf(error, 'statusCode');
}

function kindOfStatus(status: unknown): FailureKind | undefined {
  if (status === 429) return 'rate_limit';
  if (status === 401 || status === 403) return 'authentication';
  if (status === 408 || (typeof status === 'number' && status >= 500 && status <= 599)) return 'transient';
  return undefined;
}

const POISON_CLASSES = [TypeError, SyntaxError, RangeError, ReferenceError, URIError, InvariantError];

function kindOfClass(error: unknown): FailureKind | undefined {
  if (error instanceof StoreError) return 'infrastructure';
  if (POISON_CLASSES.some((type) => error instanceof type)) return 'poison';
  const name = fieldOf(error, 'name');
  if (name === 'TimeoutError' || name === 'AbortError') return 'transient';
  return name === 'ZodError' ? 'poison' : undefined;
}

const TEXTS: readonly (readonly [FailureKind, RegExp])[] = [
  ['rate_limit', /rate limit|too many requests/i],
  ['authentication', /unauthori[sz]ed|authentication failed|invalid token|access denied|forbidden|credentials/i],
  [
    'transient',
    /connection (?:refused|reset)|time-?out|timed out|temporary failure|service unavailable|network (?:is )?unreachable/i,
  ],
  ['poison', /invalid format|malformed|parse error|schema validation|unknown field|missing required/i],
];

function kindOfText(text: string): FailureKind | undefined {
  return TEXTS.find(([, pattern]) => pattern.test(text))?.[0];
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
