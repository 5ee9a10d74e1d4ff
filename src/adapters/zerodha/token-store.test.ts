import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/contracts/directories.ts';
import { KiteSession } from './session.ts';
import { fileTokenStore } from './token-store.ts';

const token = { userId: 'AB1234', accessToken: 'very-secret-access-token' };
const secret = 'a secret of this deployment';
const credentials = { apiKey: 'key', apiSecret: 'app-secret', loginRoot: 'https://kite.zerodha.com' };

test('keeps a token over a restart, readable by nobody without the secret', (t) => {
  const path = join(temporaryDirectory(t), 'zerodha.token');
  const complaints: string[] = [];
  const open = (key: string): KiteSession =>
    new KiteSession({ ...credentials, store: fileTokenStore(path, key, (text) => complaints.push(text)) });
  assert.equal(open(secret).state, 'signed_out');
  open(secret).begin(token);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(path, 'utf8');
  assert.ok(!text.includes(token.accessToken) && !text.includes(token.userId));
  const again = open(secret);
  assert.deepEqual([again.state, again.accessToken, again.userId], ['active', token.accessToken, token.userId]);
  assert.deepEqual(complaints, []);
  assert.equal(open('another secret').state, 'signed_out');
  assert.match(complaints[0] ?? '', /holds no token for this secret .*; sign in again/);
});

test('takes no file that was changed', (t) => {
  const path = join(temporaryDirectory(t), 'zerodha.token');
  const complaints: string[] = [];
  const store = fileTokenStore(path, secret, (text) => complaints.push(text));
  store.save(token);
  const whole = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  for (const field of ['salt', 'iv', 'mark', 'body']) {
    const bytes = Buffer.from(whole[field] ?? '', 'base64');
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    writeFileSync(path, JSON.stringify({ ...whole, [field]: bytes.toString('base64') }));
    assert.equal(store.load(), undefined, field);
  }
  for (const text of ['', '{}', 'no JSON']) {
    writeFileSync(path, text);
    assert.equal(store.load(), undefined);
  }
  assert.equal(complaints.length, 7);
});

test('a session tells where to sign in, and proves itself with the checksum of the documentation', () => {
  const session = new KiteSession(credentials);
  assert.equal(session.loginUrl, 'https://kite.zerodha.com/connect/login?api_key=key&v=3');
  // sha256 of "key" + "request" + "app-secret".
  assert.equal(session.checksum('request'), '644063c1e053a56ae86336cb4803e8edd08987352eb9307ac86e8227aac22bac');
  const changes: string[] = [];
  const told = new KiteSession({ ...credentials, changed: (state) => changes.push(state) });
  told.died('never begun');
  told.begin(token);
  told.died('an older token');
  assert.equal(told.accessToken, token.accessToken);
  told.died(token.accessToken);
  told.died(token.accessToken);
  assert.equal(told.accessToken, undefined);
  told.begin({ ...token, accessToken: 'the next token' });
  assert.deepEqual(changes, ['active', 'dead', 'active']);
});
