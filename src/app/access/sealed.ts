// Secrets that have to be read again, such as those that sign webhooks, encrypted at rest: AES-256-GCM under a key that is
// derived from AUTH__SECRET_KEY. What a secret is for is authenticated with it, so one that is moved elsewhere opens nothing.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const MARK_BYTES = 16;

export class Sealer {
  readonly #key: Buffer;

  constructor(secretKey: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secretKey, '', 'alpha-panda sealed secrets', KEY_BYTES));
  }

  /** @param of what the secret is for, such as `webhook|tradingview|secret` */
  seal(secret: string, of: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(of));
    const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
  }

  /** The secret; undefined when it is for something else, was changed, or was sealed under another AUTH__SECRET_KEY. */
  open(sealed: string, of: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < NONCE_BYTES + MARK_BYTES) return undefined;
    const mark = bytes.subarray(NONCE_BYTES, NONCE_BYTES + MARK_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES), { authTagLength: MARK_BYTES });
    decipher.setAAD(Buffer.from(of)).setAuthTag(mark);
    const start = decipher.update(bytes.subarray(NONCE_BYTES + MARK_BYTES));
    try {
      return Buffer.concat([start, decipher.final()]).toString();
    } catch {
      // The one thing that `final` refuses is a mark that does not fit.
      return undefined;
    }
  }
}
