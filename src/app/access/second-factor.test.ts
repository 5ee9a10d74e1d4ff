import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryAccess } from '#adapters/memory/access.ts';
import { fromBase32 } from '../../../test/support/access-world.ts';
import { Sealer } from './sealed.ts';
import { SecondFactor } from './second-factor.ts';
import { base32, totpCode, totpStep } from './totp.ts';

const KEY = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

test('the codes are those of RFC 6238, appendix B', () => {
  const seed = Buffer.from('12345678901234567890');
  for (const [seconds, code] of [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ] as const) {
    assert.equal(totpCode(seed, totpStep(seconds * 1_000), 8), code);
    assert.equal(totpCode(seed, totpStep(seconds * 1_000)), code.slice(2));
  }
});

test('base32 is that of RFC 4648, section 10, without padding', () => {
  const vectors = {
    '': '',
    f: 'MY',
    fo: 'MZXQ',
    foo: 'MZXW6',
    foob: 'MZXW6YQ',
    fooba: 'MZXW6YTB',
    foobar: 'MZXW6YTBOI',
  };
  for (const [text, expected] of Object.entries(vectors)) assert.equal(base32(Buffer.from(text)), expected);
});

function world() {
  const clock = { now: 1_790_000_000_000 };
  const store = openMemoryAccess();
  const open = (key = KEY) => new SecondFactor(store, new Sealer(key), () => clock.now);
  const factor = open();
  const { secret, uri } = factor.enrol('asha');
  const codeAt = (at: number): string => totpCode(fromBase32(secret), totpStep(at));
  return { clock, store, open, factor, secret, uri, codeAt };
}

test('codes are asked for once one was confirmed, and each is good once', () => {
  const { clock, factor, codeAt, secret, uri, store } = world();
  assert.equal(uri, `otpauth://totp/Alpha%20Panda:asha?secret=${secret}&issuer=Alpha%20Panda`);
  assert.ok(!JSON.stringify(store.all('totp')).includes(secret));
  assert.equal(factor.isOn('asha'), false);
  assert.throws(() => factor.confirm('asha', '000000'), { name: 'RefusedError' });
  factor.confirm('asha', codeAt(clock.now));
  assert.equal(factor.isOn('asha'), true);
  assert.throws(() => factor.enrol('asha'), { name: 'RefusedError' });
  assert.throws(() => factor.confirm('asha', codeAt(clock.now)), { name: 'RefusedError' });
  assert.equal(factor.take('asha', codeAt(clock.now)), false, 'it confirmed already');
  clock.now += 60_000;
  assert.equal(factor.take('asha', codeAt(clock.now)), true);
  assert.equal(factor.take('asha', codeAt(clock.now)), false, 'used');
  assert.equal(factor.take('asha', codeAt(clock.now - 30_000)), false, 'before one that was used');
  assert.equal(factor.take('bala', codeAt(clock.now)), false);
});

test('a clock may be half a minute off, and no more', () => {
  for (const [offset, good] of [
    [-60_000, false],
    [-30_000, true],
    [30_000, true],
    [60_000, false],
  ] as const) {
    const { clock, factor, codeAt } = world();
    factor.confirm('asha', codeAt(clock.now));
    clock.now += 600_000;
    assert.equal(factor.take('asha', codeAt(clock.now + offset)), good, `${offset}`);
  }
});

test('whoever has the password cannot try codes without end, from wherever', () => {
  const { clock, factor, codeAt } = world();
  factor.confirm('asha', codeAt(clock.now));
  clock.now += 60_000;
  for (let k = 0; k < 5; k++) assert.equal(factor.take('asha', 'wrong'), false);
  assert.equal(factor.take('asha', codeAt(clock.now)), false);
  clock.now += 30_000;
  assert.equal(factor.take('asha', codeAt(clock.now)), true);
});

test('a recovery code is good once, however it is written, and none is kept', () => {
  const { clock, factor, codeAt, store } = world();
  const codes = factor.confirm('asha', codeAt(clock.now));
  assert.equal(new Set(codes).size, 10);
  const [first = ''] = codes;
  assert.ok(!JSON.stringify(store.all('totp')).includes(first));
  assert.equal(factor.take('asha', `${first.slice(0, 8)}-${first.slice(8)}`.toLowerCase()), true);
  assert.equal(factor.take('asha', first), false);
  assert.equal(factor.reset('asha'), true);
  assert.equal(factor.isOn('asha'), false);
});

test('a seed opens under the key it was made under, and for its user', () => {
  const { clock, open, codeAt, store } = world();
  const [record] = store.all('totp');
  store.add('totp', { name: 'bala', at: 0, value: record?.value ?? '' });
  assert.throws(() => open().confirm('bala', codeAt(clock.now)), { name: 'RefusedError' });
  assert.throws(() => open(`${KEY}x`).confirm('asha', codeAt(clock.now)), { name: 'RefusedError' });
});
