// Argon2id after RFC 9106, written as a PHC string. In JavaScript, because the oldest runtime that is pinned has none of
// its own.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type Passwords } from '#ports/passwords.ts';

/** What OWASP asks for at least. */
const COSTS: Costs = { memoryKib: 19_456, passes: 2, lanes: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Costs of a hash that somebody else wrote could otherwise take the machine. */
const MEMORY_KIB_MAX = 262_144;
const PASSES_MAX = 16;
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=1\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{43,86})$/;

interface Costs {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: 1;
}

export interface Work extends Costs {
  readonly password: string;
  readonly salt: Uint8Array;
  readonly bytes: number;
}

export function argonPasswords(costs: Pick<Costs, 'memoryKib' | 'passes'> = COSTS): Passwords {
  const { memoryKib, passes } = costs;
  return {
    hash: async (password) => {
      const salt = randomBytes(SALT_BYTES);
      const hash = await run({ password, salt, memoryKib, passes, lanes: 1, bytes: HASH_BYTES });
      return `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${base64(salt)}$${base64(hash)}`;
    },
    isOf: async (password, hash) => {
      const work = workOf(password, hash);
      if (work === undefined) return false;
      return timingSafeEqual(await run(work), work.expected);
    },
  };
}

/** Undefined when the text is no hash of ours. */
function workOf(password: string, hash: string): (Work & { readonly expected: Buffer }) | undefined {
  const [, memory = '', rounds = '', salt = '', digest = ''] = PHC.exec(hash) ?? [];
  const [memoryKib, passes] = [Number(memory), Number(rounds)];
  if (memoryKib < 8 || memoryKib > MEMORY_KIB_MAX || passes < 1 || passes > PASSES_MAX) return undefined;
  const expected = Buffer.from(digest, 'base64');
  return { password, salt: Buffer.from(salt, 'base64'), memoryKib, passes, lanes: 1, bytes: expected.length, expected };
}

async function run({ password, salt, memoryKib, passes, lanes, bytes }: Work): Promise<Uint8Array> {
  const workerData: Work = { password, salt, memoryKib, passes, lanes, bytes };
  // Options of this process, such as --input-type, need not suit a thread.
  const worker = new Worker(new URL('./argon-worker.ts', import.meta.url), { workerData, execArgv: [] });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread of a password ended with ${code} and no hash`)));
  });
}

/** As PHC strings have it: without what fills up the end. */
function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
