// What stands beside a message that one part of a deployment wrote for the others: its place among the messages of that
// part, what the part had taken from the others before, and a proof that it is of this deployment. A stranger who writes
// to the same log cannot make one, so an invented fill is never taken for a decision.
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface Seal {
  /** The part that decided the message. */
  readonly part: string;
  /** Counts up over the messages of the part, with gaps. */
  readonly number: number;
  /** The number of the part's message before; 0 for its first. */
  readonly previous: number;
  /** By part: the newest message of others that it had taken before this one was published. */
  readonly after: ReadonlyMap<string, number>;
}

/** What is signed of a message beside its seal. */
export interface SealedMessage {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
}

const SEAL = /^([a-z][a-z_]*) (\d+) (\d+) ((?:[a-z][a-z_]*=\d+(?:,[a-z][a-z_]*=\d+)*)?) ([A-Za-z0-9_-]{43})$/;

/** The seal as text, signed with the secret of the deployment. */
export function writeSeal(seal: Seal, message: SealedMessage, secret: Uint8Array): string {
  const after = [...seal.after].map(([part, number]) => `${part}=${number}`).join(',');
  const body = `${seal.part} ${seal.number} ${seal.previous} ${after}`;
  return `${body} ${sign(body, message, secret).toString('base64url')}`;
}

/** The seal of a message; undefined when it is none, or was not signed with this secret for this message. */
export function readSeal(text: string, message: SealedMessage, secret: Uint8Array): Seal | undefined {
  const [, part, number, previous, after = '', signature = ''] = SEAL.exec(text) ?? [];
  if (part === undefined) return undefined;
  const body = text.slice(0, text.length - signature.length - 1);
  if (!timingSafeEqual(sign(body, message, secret), Buffer.from(signature, 'base64url'))) return undefined;
  const pairs = after === '' ? [] : after.split(',').map((pair) => pair.split('='));
  return {
    part,
    number: Number(number),
    previous: Number(previous),
    after: new Map(pairs.map(([of = '', newest]) => [of, Number(newest)])),
  };
}

/** Lengths stand before the texts, so that no part of one can be read as a part of the next. */
function sign(body: string, { topic, key, value }: SealedMessage, secret: Uint8Array): Buffer {
  const digest = createHmac('sha256', secret);
  for (const text of [body, topic, key, value]) digest.update(`${Buffer.byteLength(text)}:`).update(text);
  return digest.digest();
}
