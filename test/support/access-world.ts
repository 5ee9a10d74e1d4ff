// A platform that asks who calls, with users of every role: some see every namespace, some only one that nobody else uses.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { argonPasswords } from '#adapters/passwords/argon.ts';
import { openAccess } from '#adapters/sqlite/access.ts';
import { ROLES, type Role } from '#api/contract.ts';
import type { ServerOptions } from '#api/server.ts';
import { Keys } from '#app/access/keys.ts';
import { kiteSignIn } from '#app/access/kite-sign-in.ts';
import { localAccess, type LocalAccessParts } from '#app/access/local-access.ts';
import { Sealer } from '#app/access/sealed.ts';
import { SecondFactor } from '#app/access/second-factor.ts';
import { SignIns } from '#app/access/sign-ins.ts';
import { Tokens } from '#app/access/tokens.ts';
import { Users } from '#app/access/users.ts';
import { Subscriptions } from '#app/subscriptions/subscriptions.ts';
import { exchange, loginUrl } from '#app/kite-login.ts';
import { Hooks } from '#app/webhooks/hooks.ts';
import { money } from '#core/decimal.ts';
import type { DomainEvent } from '#core/events.ts';
import { knownTrace, type BrokerId, type EventId, type StrategyId } from '#core/ids.ts';
import { encodeEvent } from '#wire/encode.ts';
import type { Kite } from '../e2e/support/live-kite.ts';
import { settingsOf } from '../settings/settings-run.ts';
import { apiWorld, type Answer, type ApiWorld, type Asked } from './api-world.ts';
import { temporaryFolder } from './tape-builder.ts';

export const PASSWORD = 'four small words here';
/** What the users whose names end in `_foreign` see. */
export const FOREIGN = 'desk_four';

export interface AccessWorld extends ApiWorld {
  readonly users: Users;
  readonly keys: Keys;
  readonly hooks: Hooks;
  readonly factor: SecondFactor;
  /** Makes a subscription of this id anew, one that has died. */
  readonly subscribe: (id: string) => void;
  /** Wall clock of tokens and keys. */
  readonly clock: { now: number };
  /** What was written for whoever asks later. */
  readonly audited: readonly (readonly [event: string, fields: Readonly<Record<string, unknown>>])[];
  /** A token of the user, who signs in over HTTP for it. */
  readonly tokenOf: (name: string) => Promise<string>;
  readonly askAs: (credential: string | undefined, path: string, init?: Asked) => Promise<Answer>;
}

/** @param kite where users may sign in, too; `at_kite` is the one who is known there */
export async function accessWorld(
  t: TestContext,
  options: Partial<ServerOptions> = {},
  kite?: Pick<Kite, 'url'>,
): Promise<AccessWorld> {
  const clock = { now: 1_790_000_000_000 };
  const now = (): number => clock.now;
  const store = openAccess(join(temporaryFolder(t), 'access'));
  const users = new Users(store, argonPasswords({ memoryKib: 8, passes: 1 }), now);
  const keys = new Keys(store, now);
  for (const role of ROLES) {
    await users.add({ name: role, password: PASSWORD, role, brokers: undefined });
    await users.add({ name: `${role}_foreign`, password: PASSWORD, role, brokers: [FOREIGN] });
  }
  const hooks = new Hooks(store, new Sealer(settingsOf({}).auth.secretKey), now);
  const signIns = new SignIns(store, now);
  const factor = new SecondFactor(store, new Sealer(settingsOf({}).auth.secretKey), now);
  const subscriptions = new Subscriptions(store, new Sealer(settingsOf({}).auth.secretKey), now);
  const subscribe = (id: string): void => {
    if (subscriptions.list().some((each) => each.id === id)) subscriptions.remove(id);
    subscriptions.add({ id, url: 'https://example.org/', kinds: ['fills'], brokers: undefined, allowHttp: false });
    subscriptions.die(id, 'a drill');
  };
  const tokens = new Tokens(settingsOf({}).auth);
  const app = { apiKey: 'simulator', apiSecret: 'simulator-secret', kiteRoot: kite?.url ?? '' };
  const throughKite: LocalAccessParts['kite'] = (signIn) =>
    kiteSignIn({
      users,
      store,
      now,
      signIn,
      sealer: new Sealer(settingsOf({}).auth.secretKey),
      loginUrl: loginUrl(app),
      exchange: async (requestToken) => exchange(app, requestToken),
      keep: () => undefined,
    });
  if (kite !== undefined) {
    await users.add({ name: 'at_kite', password: undefined, kiteUser: 'SIM001', role: 'viewer', brokers: undefined });
  }
  const audited: (readonly [string, Readonly<Record<string, unknown>>])[] = [];
  let ms = 0;
  const guarded: Partial<ServerOptions> = {
    // So slowly that nobody tries too often.
    nowMs: () => (ms += 60_000),
    access: localAccess({ users, keys, tokens, factor, signIns, now, kite: kite && throughKite }),
    now,
    audit: (event, fields) => audited.push([event, fields]),
    ...options,
  };
  const world = await apiWorld(t, guarded, { answers: store });
  t.after(() => store.close());
  const askAs: AccessWorld['askAs'] = async (credential, path, init = {}) => {
    const authorization = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    return world.ask(path, { ...init, headers: { ...authorization, ...init.headers } });
  };
  const tokenOf = async (name: string): Promise<string> => {
    const { status, text } = await world.ask('/api/v1/auth/token', jsonOf({ name, password: PASSWORD }));
    assert.equal(status, 200, text);
    return (JSON.parse(text) as { readonly access_token: string }).access_token;
  };
  return { ...world, users, keys, hooks, factor, subscribe, clock, audited, tokenOf, askAs };
}

/** A request that sends JSON. */
export function jsonOf(body: object, headers: Readonly<Record<string, string>> = {}): Asked {
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** A request that orders something, under a key of its own unless one is given. */
export function orderOf(body: object, key: string = randomUUID()): Asked {
  return jsonOf({ why: 'a drill', ...body }, { 'idempotency-key': key });
}

/** Leaves a message in the inbox that becomes a dead letter of paper; the offset of that letter. */
export function deadLetterOf({ pipeline, takeWaiting }: AccessWorld): number {
  const { ingest, foundation, store } = pipeline;
  const [book] = store.rows('book', 'paper');
  const event: DomainEvent = {
    type: 'ledger_adjusted',
    broker: 'paper' as BrokerId,
    trace: knownTrace(`too-much-${randomUUID()}` as EventId),
    at: ingest.cascade.at,
    strategyId: (book?.id ?? '') as StrategyId,
    amount: money(-900_000_000_000),
    kind: 'withdrawal',
    who: 'desk',
    why: 'more than there is',
  };
  foundation.inbox.put([encodeEvent(event, 'command_line')]);
  takeWaiting();
  return (store.topics().find(({ topic }) => topic === 'paper.pnl.snapshots.dlq')?.end ?? 0) - 1;
}

/** Every role that a user of the world has, the least first. */
export const rolesFrom = (lowest: Role): readonly Role[] => ROLES.slice(ROLES.indexOf(lowest));

/** The bytes of a seed as an authenticator app reads it. */
export function fromBase32(text: string): Buffer {
  const bits = Array.from(text).map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}
