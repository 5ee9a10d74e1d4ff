// Keeps a session's token on the disk, encrypted, so that a restart needs no new login. Who has the file but not the secret
// has nothing.
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type Token, type TokenStore } from './session.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;

const file = z.object({ version: z.literal(1), salt: z.string(), iv: z.string(), mark: z.string(), body: z.string() });
const content = z.object({ userId: z.string(), accessToken: z.string() });

/** A store in `path`, under a key that is made from `secret`. A file that cannot be read is like none: one signs in anew. */
export function fileTokenStore(path: string, secret: string, complain: (text: string) => void): TokenStore {
  return {
    load: () => {
      if (!existsSync(path)) return undefined;
      try {
        return decrypt(readFileSync(path, 'utf8'), secret);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        complain(`${path} holds no token for this secret (${why}); sign in again`);
        return undefined;
      }
    },
    save: (token) => {
      const draft = `${path}.new`;
      writeFileSync(draft, encrypt(token, secret), { mode: 0o600, flush: true });
      renameSync(draft, path);
    },
  };
}

function encrypt(token: Token, secret: string): string {
  const [salt, iv] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv(CIPHER, scryptSync(secret, salt, KEY_BYTES), iv);
  const { userId, accessToken } = token;
  const body = Buffer.concat([cipher.update(JSON.stringify({ userId, accessToken })), cipher.final()]);
  const text = (bytes: Buffer): string => bytes.toString('base64');
  return JSON.stringify({
    version: 1,
    salt: text(salt),
    iv: text(iv),
    mark: text(cipher.getAuthTag()),
    body: text(body),
  });
}

function decrypt(text: string, secret: string): Token {
  const { salt, iv, mark, body } = file.parse(JSON.parse(text));
  const bytes = (each: string): Buffer => Buffer.from(each, 'base64');
  const decipher = createDecipheriv(CIPHER, scryptSync(secret, bytes(salt), KEY_BYTES), bytes(iv));
  decipher.setAuthTag(bytes(mark));
  const plain = Buffer.concat([decipher.update(bytes(body)), decipher.final()]);
  return content.parse(JSON.parse(plain.toString()));
}
