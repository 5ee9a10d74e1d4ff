// Alerts as signed JSON to a server of one's own. The signature covers the time, so that nobody sends an old one again.
import { createHmac } from 'node:crypto';
import type { AlertChannel } from '#ports/alert-channel.ts';
import { postJson } from './post.ts';

export interface WebhookOptions {
  readonly url: string;
  readonly secret: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const SECOND_MS = 1_000;

export function webhookChannel({ url, secret, now }: WebhookOptions): AlertChannel {
  return {
    name: 'webhook',
    send: async (message, signal) => {
      const body = JSON.stringify(message);
      const time = Math.floor(now() / SECOND_MS);
      const signature = `t=${time},v1=${signatureOf(secret, time, body)}`;
      await postJson(url, body, { 'x-alpha-panda-signature': signature }, signal);
    },
  };
}

/** HMAC-SHA-256 of the time in seconds, a full stop and the body. */
export function signatureOf(secret: string, time: number, body: string): string {
  return createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
}
