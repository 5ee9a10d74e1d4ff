import assert from 'node:assert/strict';
import { close as closeInspector, open as openInspector } from 'node:inspector';
import { describe, test } from 'node:test';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { type ReadOutcome } from '#adapters/zerodha/kite-client.ts';
import { KiteSession } from '#adapters/zerodha/session.ts';
import { type Money } from '#core/decimal.ts';
import { type EpochMs } from '#core/time.ts';
import { rs } from '../../test/support/builders.ts';
import { ist } from '../../test/support/tape-builder.ts';
import { CALENDARS } from './project.ts';
import { Readiness } from './readiness.ts';

const NOON = ist('2026-01-05T12:00:00');

const rupees = (amount: number): Money => rs(amount) as number as Money;

function read<T>(value: T): ReadOutcome<T> {
  return { kind: 'read', value };
}

/** An account that is ready, unless the test says otherwise. */
class Account {
  readonly clock: VirtualClock;
  readonly session = new KiteSession({ apiKey: 'key', apiSecret: 'hidden', loginRoot: 'http://login' });
  readonly readiness: Readiness;
  profile: ReadOutcome<{ readonly userId: string }> = read({ userId: 'AB1234' });
  funds: ReadOutcome<{ readonly equity: Money; readonly commodity: undefined }> = read({
    equity: rupees(500_000),
    commodity: undefined,
  });
  address: string | undefined;
  tries = 0;

  constructor(now: EpochMs = NOON) {
    this.clock = new VirtualClock(now);
    const { session } = this;
    this.readiness = new Readiness({
      client: {
        profile: async () => this.profile,
        funds: async () => this.funds,
        tryAddress: async () => {
          this.tries++;
          return this.address;
        },
      },
      live: {
        session,
        get trouble() {
          return session.state === 'active' ? undefined : 'nobody has signed in to Kite';
        },
      },
      userId: 'AB1234',
      calendar: loadCalendar('nse', CALENDARS),
      segment: 'NSE',
      clock: this.clock,
    });
  }

  signIn(userId = 'AB1234'): this {
    this.session.begin({ userId, accessToken: `token of ${userId}` });
    return this;
  }

  async trouble(needed = 500_000): Promise<string> {
    await this.readiness.look();
    return this.readiness.trouble(rupees(needed)) ?? 'none';
  }
}

describe('a live account', () => {
  test('may be armed when everything was looked at and nothing is missing', async () => {
    const account = new Account().signIn();
    assert.match(account.readiness.trouble(rupees(1)) ?? '', /has not been looked at yet/);
    assert.equal(await account.trouble(), 'none');
  });

  test('must not be armed without a session, or with that of another account', async () => {
    assert.match(await new Account().trouble(), /nobody has signed in/);
    const other = new Account().signIn('ZZ9999');
    assert.match(other.readiness.stranger ?? '', /of the account ZZ9999, and its orders belong to AB1234/);
    assert.match(await other.trouble(), /of the account ZZ9999/);
    const told = new Account().signIn();
    told.profile = read({ userId: 'ZZ9999' });
    assert.match(await told.trouble(), /of the account ZZ9999/, 'whatever the token said');
    assert.equal(told.tries, 0, 'nothing is asked of another account');
  });

  test('must not be armed while its broker does not answer for it', async () => {
    const account = new Account().signIn();
    account.profile = { kind: 'failed', message: '503' };
    assert.match(await account.trouble(), /its account cannot be read: 503/);
    account.profile = read({ userId: 'AB1234' });
    account.funds = { kind: 'failed', message: '503' };
    assert.match(await account.trouble(), /the funds of its account cannot be read/);
  });

  test('must not be armed from an address whose orders are not taken, and the address is tried until they are', async () => {
    const account = new Account().signIn();
    account.address = 'PermissionException: your IP is not registered';
    assert.match(await account.trouble(), /your IP is not registered/);
    account.address = undefined;
    assert.equal(await account.trouble(), 'none');
    assert.equal(await account.trouble(), 'none');
    assert.equal(account.tries, 2);
  });

  test('must not be armed with less money than its books begin with', async () => {
    assert.match(
      await new Account().signIn().trouble(500_000.05),
      /has 500000\.00, and its books begin with 500000\.05/,
    );
  });

  test('must not be armed on a day that the calendar does not know', async () => {
    assert.match(await new Account(ist('2099-01-05T12:00:00')).signIn().trouble(), /2099/);
  });

  test('is looked at again and again', async () => {
    const account = new Account().signIn();
    const stop = new AbortController();
    const running = account.readiness.run(stop.signal);
    await account.clock.advance(1_000);
    assert.equal(account.readiness.trouble(rupees(1)), undefined);
    account.profile = { kind: 'failed', message: '502' };
    await account.clock.advance(61_000);
    assert.match(account.readiness.trouble(rupees(1)) ?? '', /502/);
    stop.abort();
    await running;
  });
});

test('a process that a debugger can be attached to cannot be armed', async () => {
  const account = new Account().signIn();
  await account.readiness.look();
  const needed = rupees(1);
  assert.equal(account.readiness.trouble(needed), undefined);
  openInspector(0, '127.0.0.1');
  try {
    assert.match(account.readiness.trouble(needed) ?? '', /a debugger can be attached/);
  } finally {
    closeInspector();
  }
  assert.equal(account.readiness.trouble(needed), undefined);
});
