// The second factor of a user: codes of an authenticator app, each good once, and ten codes for when the app is lost.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { RateLimiter } from '#api/rate-limit.ts';
import { type AccessStore } from '#ports/access.ts';
import { RefusedError } from '../requests.ts';
import { type Sealer } from './sealed.ts';
import { base32, otpauthUri, totpCode, totpStep } from './totp.ts';

const shape = z.strictObject({
  /** Encrypted; it has to be read again to know the code of now. */
  seed: z.string(),
  /** Until a first code has shown that the app has the seed, nothing asks for one. */
  confirmed: z.boolean(),
  /** The step of the newest code that was used: it and those before are used up. */
  used_step: z.int(),
  /** SHA-256 of each recovery code that is left. */
  recovery: z.array(z.string()),
});
type Kept = z.infer<typeof shape>;

const SEED_BYTES = 20;
const RECOVERY_CODES = 10;
const RECOVERY_BYTES = 10;
/** How many steps the clock of a phone may be off, before and after. */
const DRIFT_STEPS = 1;
/** For a user, from wherever they come: of a million codes three are good at once. */
const ATTEMPTS = { burst: 5, perSecond: 1 / 30, addressesMax: 10_000 };

export class SecondFactor {
  readonly #store: AccessStore;
  readonly #sealer: Sealer;
  readonly #now: () => number;
  readonly #attempts = new RateLimiter(ATTEMPTS);

  constructor(store: AccessStore, sealer: Sealer, now: () => number) {
    this.#store = store;
    this.#sealer = sealer;
    this.#now = now;
  }

  isOn(name: string): boolean {
    return this.#kept(name)?.kept.confirmed === true;
  }

  /** A new seed, shown this once; it counts when a code of it was confirmed. Throws `RefusedError` when one does already. */
  enrol(name: string): { readonly secret: string; readonly uri: string } {
    if (this.isOn(name)) {
      throw new RefusedError(`${name} has an authenticator app already; users reset-code ${name} ends that first`);
    }
    const seed = randomBytes(SEED_BYTES);
    const sealed = this.#sealer.seal(seed.toString('base64url'), purposeOf(name));
    const kept: Kept = { seed: sealed, confirmed: false, used_step: 0, recovery: [] };
    this.#store.remove('totp', name);
    this.#store.add('totp', { name, at: this.#now(), value: JSON.stringify(kept) });
    return { secret: base32(seed), uri: otpauthUri(name, seed) };
  }

  /** From now on codes are asked for; returns the recovery codes, shown this once. Throws `RefusedError`. */
  confirm(name: string, code: string): readonly string[] {
    const found = this.#kept(name);
    if (found === undefined || found.kept.confirmed) {
      throw new RefusedError('expected a seed that waits for its first code; enrol first');
    }
    const step = this.#stepOf(name, found.kept, code);
    if (step === undefined)
      throw new RefusedError('expected the code that the app shows now; look at the clocks of both');
    const codes = Array.from({ length: RECOVERY_CODES }, () => base32(randomBytes(RECOVERY_BYTES)));
    const recovery = codes.map((each) => hash('sha256', each, 'hex'));
    this.#replace(name, found.value, { ...found.kept, confirmed: true, used_step: step, recovery });
    return codes;
  }

  /** Whether a code is the user's; it is used up then. Not more often than a person mistypes. */
  take(name: string, code: string): boolean {
    const found = this.#kept(name);
    if (found === undefined || this.#attempts.take(name, this.#now()) > 0) return false;
    const { kept, value } = found;
    const step = this.#stepOf(name, kept, code);
    if (step !== undefined) return this.#replace(name, value, { ...kept, used_step: step });
    const digest = hash('sha256', code.toUpperCase().replaceAll(/[\s-]/g, ''), 'hex');
    const left = kept.recovery.filter((each) => !timingSafeEqual(Buffer.from(each), Buffer.from(digest)));
    return left.length < kept.recovery.length && this.#replace(name, value, { ...kept, recovery: left });
  }

  /** Nothing is asked for any more; false when nothing was. */
  reset(name: string): boolean {
    return this.#store.remove('totp', name);
  }

  /** The step whose code it is, if that is not used up. */
  #stepOf(name: string, { seed: sealed, used_step: used }: Kept, code: string): number | undefined {
    const seed = this.#sealer.open(sealed, purposeOf(name));
    if (seed === undefined) return undefined;
    const now = totpStep(this.#now());
    const given = Buffer.from(hash('sha256', code, 'hex'));
    for (let step = Math.max(now - DRIFT_STEPS, used + 1); step <= now + DRIFT_STEPS; step++) {
      const expected = Buffer.from(hash('sha256', totpCode(Buffer.from(seed, 'base64url'), step), 'hex'));
      if (timingSafeEqual(given, expected)) return step;
    }
    return undefined;
  }

  /** False when another process was first with the same code. */
  #replace(name: string, before: string, kept: Kept): boolean {
    return this.#store.replace('totp', { name, at: this.#now(), value: JSON.stringify(kept) }, before);
  }

  #kept(name: string): { readonly kept: Kept; readonly value: string } | undefined {
    const record = this.#store.get('totp', name);
    return record && { kept: shape.parse(JSON.parse(record.value)), value: record.value };
  }
}

function purposeOf(name: string): string {
  return `totp|${name}|seed`;
}
