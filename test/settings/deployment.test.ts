// How strict the start is and which profile it runs: ENVIRONMENT, by what it refuses and warns of, and PROFILE.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from '#app/place.ts';
import { loaded, refusalsOf, settingsOf, type Env } from './settings-run.ts';

const STRONG = { AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef', AUTH__ENABLE_USER_AUTH: 'true' };

test('ENVIRONMENT=production refuses weak secrets and open doors that development takes', () => {
  const open: readonly (readonly [string, Env])[] = [
    ['AUTH__SECRET_KEY', { AUTH__ENABLE_USER_AUTH: 'true' }],
    ['AUTH__SECRET_KEY', { ...STRONG, AUTH__SECRET_KEY: 'short' }],
    ['AUTH__ENABLE_USER_AUTH', { ...STRONG, AUTH__ENABLE_USER_AUTH: 'false' }],
    ['DATABASE__VERIFY_MIGRATIONS', { ...STRONG, DATABASE__VERIFY_MIGRATIONS: 'false' }],
    ['API__CORS_ORIGINS', { ...STRONG, API__CORS_ORIGINS: '*' }],
  ];
  for (const [name, env] of open) {
    assert.deepEqual(refusalsOf({ ...env, ENVIRONMENT: 'development' }), [], name);
    const refusals = refusalsOf({ ...env, ENVIRONMENT: 'production' });
    assert.deepEqual(
      refusals.map((text) => text.split(':', 1)[0]),
      [`error ${name}`],
    );
  }
  assert.deepEqual(refusalsOf({ ...STRONG, ENVIRONMENT: 'production' }), []);
});

test('ENVIRONMENT=development warns of the shipped secret, and testing is silent', () => {
  const warned = (ENVIRONMENT: string) => loaded({ ENVIRONMENT }).warnings.map(({ name }) => name);
  assert.deepEqual([warned('development'), warned('testing')], [['AUTH__SECRET_KEY'], []]);
});

test('PROFILE chooses between one file and three servers', () => {
  const place = (PROFILE: string) => placeOf(settingsOf({ PROFILE, DATA_DIR: 'here' }));
  assert.equal(place('embedded'), 'here');
  assert.deepEqual(place('distributed'), { postgresUrl: settingsOf({}).database.postgresUrl });
});
