// What `alpha-panda webhooks` changes, beside a running platform.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { auditCommand } from '../audit/open-audit.ts';
import { openAccessStore } from '../access/open-access.ts';
import { Sealer } from '../access/sealed.ts';
import type { Settings } from '../config/settings-schema.ts';
import { placeOf } from '../place.ts';
import { INSTRUMENTS } from '../project.ts';
import { RequestError } from '../reading/open-store.ts';
import { Hooks, type Hook, type NewHook } from './hooks.ts';

export interface HookRequest extends Omit<NewHook, 'instruments'> {
  /** Symbols or tokens. */
  readonly instruments: readonly string[];
}

export function listHooks(settings: Settings): readonly Hook[] {
  return withHooks(settings, (hooks) => hooks.list());
}

/** Returns the secret. Throws `RequestError`, `RefusedError` or `StoreError`. */
export function addHook(settings: Settings, who: string, { instruments: names, ...request }: HookRequest): string {
  if (!settings.activeBrokers.some((broker) => broker === request.broker)) {
    const active = settings.activeBrokers.join(', ');
    throw new RequestError(`expected --broker to be one of ${active}, found ${JSON.stringify(request.broker)}`);
  }
  const instruments = new Map(names.map((name) => listed(name)));
  const secret = withHooks(settings, (hooks) => hooks.add({ ...request, instruments }));
  auditCommand(placeOf(settings), 'webhook_added', { who, ...request, instruments: [...instruments.keys()] });
  return secret;
}

/** Throws `RequestError` or `StoreError`. */
export function removeHook(settings: Settings, id: string, who: string): void {
  withHooks(settings, (hooks) => hooks.remove(id));
  auditCommand(placeOf(settings), 'webhook_removed', { who, id });
}

function withHooks<T>(settings: Settings, work: (hooks: Hooks) => T): T {
  const store = openAccessStore(settings);
  const clock = systemClock();
  try {
    return work(new Hooks(store, new Sealer(settings.auth.secretKey), () => clock.now()));
  } finally {
    store.close();
  }
}

function listed(name: string): readonly [symbol: string, token: number] {
  const { listings } = loadInstruments(INSTRUMENTS);
  const found = listings.find(({ instrument: { symbol, token } }) => symbol === name || `${token}` === name);
  if (found !== undefined) return [found.instrument.symbol, found.instrument.token];
  throw new RequestError(`expected symbols or tokens of config/instruments, found ${JSON.stringify(name)}`);
}
