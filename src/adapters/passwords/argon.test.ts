import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { argonPasswords } from './argon.ts';

/** Costs so small that a test may make many. */
const CHEAP = { memoryKib: 8, passes: 1 };

describe('passwords', () => {
  it('are known again by their hash, and no other is', async () => {
    const passwords = argonPasswords(CHEAP);
    const hash = await passwords.hash('correct horse battery');
    assert.equal(await passwords.isOf('correct horse battery', hash), true);
    for (const other of ['correct horse batterz', 'correct horse battery ', '', 'Correct horse battery']) {
      assert.equal(await passwords.isOf(other, hash), false, other);
    }
  });

  it('have another hash each time, with the costs in it', async () => {
    const passwords = argonPasswords();
    const hashes = [await passwords.hash('पांडा panda'), await passwords.hash('पांडा panda')];
    assert.notEqual(hashes[0], hashes[1]);
    for (const hash of hashes) {
      assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$/);
      assert.equal(await passwords.isOf('पांडा panda', hash), true);
    }
  });

  it('are those of other programs too', async () => {
    // Made with OpenSSL 3.
    const hash = '$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$MsXas4v8AHvHhLsRtHaznoPVwqbYHwCMumXLMz613Xc';
    assert.equal(await argonPasswords().isOf('password', hash), true);
    assert.equal(await argonPasswords().isOf('Password', hash), false);
  });

  it('are of no text that is no hash, or that asks for too much', async () => {
    const hash = await argonPasswords(CHEAP).hash('x');
    const strange = [
      '',
      'x',
      hash.replace('argon2id', 'argon2i'),
      hash.replace('m=8', 'm=9999999'),
      hash.replace('t=1', 't=999'),
      hash.replace('m=8', 'm=1'),
      hash.slice(0, -30),
    ];
    for (const text of strange) assert.equal(await argonPasswords().isOf('x', text), false, text);
  });
});
