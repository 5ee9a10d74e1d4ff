import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { REDACTED, TEXT_LIMIT, TextCleaner, escapeControls, isSensitiveKey } from './redaction.ts';

const none = new TextCleaner([]);

test('the names of secrets are known in any case and spelling', () => {
  const names =
    'authorization access_token refresh_token api_key api-secret api_secret password secret secret_key token ' +
    'set-cookie request_token enctoken Authorization ACCESS_TOKEN accessToken apiSecret Set-Cookie X';
  const found = names.split(' ').filter((name) => !isSensitiveKey(name));
  assert.deepEqual(found, ['X']);
});

test('names that only contain one of those words are not secrets', () => {
  const names = ['instrument_token', 'tokens', 'secretary', 'password_changed_at', 'api_key_count', 'key', ''];
  assert.deepEqual(names.filter(isSensitiveKey), []);
});

test('names from outside do not fill the memory of known names, and stay judged rightly', () => {
  for (let index = 0; index < 2_000; index += 1) assert.equal(isSensitiveKey(`field_${index}`), false);
  assert.equal(isSensitiveKey('PASS-WORD'), true);
});

test('a registered secret is masked anywhere in a text, as itself, in a URL and in JSON', () => {
  const cleaner = new TextCleaner(['s3cr+t/"x"']);
  assert.equal(cleaner.clean('a s3cr+t/"x" b'), `a ${REDACTED} b`);
  assert.equal(cleaner.clean(`https://x/?q=${encodeURIComponent('s3cr+t/"x"')}&r=1`), `https://x/?q=${REDACTED}&r=1`);
  assert.equal(cleaner.clean(JSON.stringify({ q: 's3cr+t/"x"' })), `{"q":"${REDACTED}"}`);
});

test('where one secret begins with another the longer one goes as a whole', () => {
  assert.equal(new TextCleaner(['abcd', 'abcd1234']).clean('<abcd1234> <abcd>'), `<${REDACTED}> <${REDACTED}>`);
});

test('empty and very short values are not taken for secrets', () => {
  assert.equal(new TextCleaner(['', 'a', 'abc']).clean('abc a'), 'abc a');
});

test('a secret that is registered later is masked from then on', () => {
  const cleaner = new TextCleaner(['first-secret']);
  assert.equal(cleaner.clean('day-token'), 'day-token');
  cleaner.registerSecrets(['day-token']);
  assert.equal(cleaner.clean('day-token first-secret'), `${REDACTED} ${REDACTED}`);
});

test('a token that nobody registered is masked by the name before it', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['GET /login?request_token=abc123&status=ok', `GET /login?request_token=${REDACTED}&status=ok`],
    ['body api_secret=zz, password=pw', `body api_secret=${REDACTED}, password=${REDACTED}`],
    ['{"access_token": "a\\"b", "user": "x"}', `{"access_token": "${REDACTED}", "user": "x"}`],
    ['{\\"access_token\\":\\"ab\\",\\"user\\":1}', `{\\"access_token\\":\\"${REDACTED}\\",\\"user\\":1}`],
    ['{"password":"cut off her', `{"password":"${REDACTED}"`],
    ['Authorization: token key:access', `Authorization: ${REDACTED}`],
    ['postgresql://trader:pw@db/x', `postgresql://trader:${REDACTED}@db/x`],
  ];
  for (const [text, expected] of cases) assert.equal(none.clean(text), expected);
});

test('ordinary sentences stay as they are', () => {
  const sentences = [
    'instrument_token=738561 side=BUY',
    'Unexpected token } in JSON',
    'the password was wrong',
    'token: missing',
    'http://127.0.0.1:8000/health',
    'contact ops@example.test at 09:15:00',
  ];
  for (const sentence of sentences) assert.equal(none.clean(sentence), sentence);
});

test('control characters and marks that reorder text become escapes', () => {
  assert.equal(escapeControls('a\r\nb\tc\u001b[31md'), 'a\\r\\nb\\tc\\u001b[31md');
  assert.equal(escapeControls('\u0000\u007f\u009b\u2028'), '\\u0000\\u007f\\u009b\\u2028');
  assert.equal(escapeControls('\u202a\u202e\u2066\u2069'), '\\u202a\\u202e\\u2066\\u2069');
  assert.equal(escapeControls('₹ 2,915.05 – ठीक'), '₹ 2,915.05 – ठीक');
});

test('a long text is cut with a mark that tells its length', () => {
  const cleaned = none.clean('x'.repeat(TEXT_LIMIT + 1));
  assert.equal(cleaned, `${'x'.repeat(TEXT_LIMIT)}…[cut, ${TEXT_LIMIT + 1} characters in all]`);
  assert.equal(none.clean('x'.repeat(TEXT_LIMIT)), 'x'.repeat(TEXT_LIMIT));
});

test('no part of a secret survives a cut, wherever the secret lies', () => {
  const secret = 'Q'.repeat(40);
  const cleaner = new TextCleaner([secret]);
  fc.assert(
    fc.property(fc.nat({ max: 120 }), fc.nat({ max: 400 }), fc.integer({ min: 1, max: 300 }), (before, after, many) => {
      const text = 'x'.repeat(TEXT_LIMIT - 60 + before) + secret.repeat(many) + 'y'.repeat(after);
      assert.doesNotMatch(cleaner.clean(text), /Q/);
      assert.doesNotMatch(cleaner.clean(secret.repeat(many) + text), /Q/);
    }),
    { numRuns: 100 },
  );
});

test('a registered secret is never written, whatever is around it', () => {
  const secret = 'kite+S3cret/=';
  const cleaner = new TextCleaner([secret]);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
      assert.equal(cleaner.clean(before + secret + after).includes(secret), false);
    }),
  );
});
