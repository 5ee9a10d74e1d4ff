// Codes of an authenticator app, RFC 6238 with SHA-1, six digits and steps of 30 seconds, which is what all of them know.
import { createHmac } from 'node:crypto';

const STEP_MS = 30_000;
const DIGITS = 6;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BITS_OF_LETTER = 5;

/** Which step a time is in. */
export function totpStep(at: number): number {
  return Math.floor(at / STEP_MS);
}

export function totpCode(seed: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mark = createHmac('sha1', seed).update(counter).digest();
  const from = mark.readUInt8(mark.length - 1) & 0xf;
  const number = (mark.readUInt32BE(from) & 0x7f_ff_ff_ff) % 10 ** digits;
  return `${number}`.padStart(digits, '0');
}

/** RFC 4648, without padding. */
export function base32(bytes: Uint8Array): string {
  let [text, bits, held] = ['', 0, 0];
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xff_ff;
    bits += 8;
    for (; bits >= BITS_OF_LETTER; bits -= BITS_OF_LETTER) {
      text += ALPHABET[(held >> (bits - BITS_OF_LETTER)) & 31] ?? '';
    }
  }
  return bits === 0 ? text : text + (ALPHABET[(held << (BITS_OF_LETTER - bits)) & 31] ?? '');
}

/** What an app shows as a QR code. */
export function otpauthUri(name: string, seed: Uint8Array): string {
  return `otpauth://totp/Alpha%20Panda:${encodeURIComponent(name)}?secret=${base32(seed)}&issuer=Alpha%20Panda`;
}
