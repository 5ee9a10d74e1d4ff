// A message as the sender of a generic webhook writes it.
import { createHmac } from 'node:crypto';

export function signed(secret: string, message: object, at: number) {
  const body = JSON.stringify(message);
  const timestamp = `${Math.floor(at / 1_000)}`;
  const headers: Readonly<Record<string, string>> = {
    'content-type': 'application/json',
    'x-alpha-panda-timestamp': timestamp,
    'x-alpha-panda-signature': `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
  };
  return { method: 'POST', headers, body };
}
