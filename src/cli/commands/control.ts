// `alpha-panda arm`, `disarm`, `kill` and `release`: what may be sent at all. Down needs nothing but the word; up needs a
// reason. Four commands of one kind.
import type { ControlAction } from '#core/events.ts';
import { needed, UsageError, type Arguments } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, type Command } from '../command.ts';
import { EXIT, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';

const COMMON = {
  who: { kind: 'text', value: 'NAME', help: 'Who orders it, instead of the name of the user.' },
  why: { kind: 'text', value: 'TEXT', help: 'Why, for whoever asks later.' },
  'data-dir': DATA_DIR_FLAG,
} as const;
const SCOPE = {
  strategy: { kind: 'text', value: 'ID', help: 'Only this strategy of the broker.' },
  instrument: { kind: 'text', value: 'SYMBOL', help: 'Only this instrument, by its symbol or token.' },
} as const;

const AT_ONCE = 'A running platform takes it before its next ticks, a stopped one at its next start.';

export const armCommand = defineCommand(
  {
    name: 'arm',
    summary: 'Lets a broker take orders: the act of a person, with a reason.',
    operands: 'BROKER',
    operandsMin: 1,
    operandsMax: 1,
    flags: COMMON,
    notes: ['A broker with real orders starts disarmed. It is not armed on simulated or recorded ticks.', AT_ONCE],
  },
  async ({ flags, operands }, io) => {
    const why = needed('why', flags.why);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { arm } = await import('#app/controls.ts');
    const broker = operands[0] ?? '';
    arm(settings, { broker, who: flags.who ?? io.user(), why });
    await io.stdout.write(`arm is requested for ${broker}\n`);
    return EXIT.good;
  },
);

export const disarmCommand = defineCommand(
  {
    name: 'disarm',
    summary: 'Takes a broker out until it is armed again: nothing but cancels is sent.',
    operands: 'BROKER',
    operandsMin: 1,
    operandsMax: 1,
    flags: COMMON,
    notes: [AT_ONCE],
  },
  async ({ flags, operands }, io) => request('disarm', ['disarmed'], operands[0], { ...flags, ...NO_SCOPE }, io),
);

export const killCommand = defineCommand(
  {
    name: 'kill',
    summary: 'Halts every broker, or one, or a part of it: entries are cancelled and nothing more is sent.',
    operands: '[BROKER]',
    operandsMin: 0,
    operandsMax: 1,
    flags: {
      flatten: { kind: 'switch', value: '', help: 'Also end every position in the scope, at market.' },
      ...SCOPE,
      ...COMMON,
    },
    notes: [AT_ONCE, 'Only alpha-panda release, with a reason, lets orders through again.'],
  },
  async ({ flags, operands }, io) =>
    request('kill', flags.flatten ? ['killed', 'flatten'] : ['killed'], operands[0], flags, io),
);

export const releaseCommand: Command = defineCommand(
  {
    name: 'release',
    summary: 'Lets orders through again after a kill, or after a limit took a scope down.',
    operands: '[BROKER]',
    operandsMin: 0,
    operandsMax: 1,
    flags: { ...SCOPE, ...COMMON },
    notes: [
      'Each scope is released by itself: without BROKER what was killed without BROKER, with it what was killed with it.',
      AT_ONCE,
    ],
  },
  async ({ flags, operands }, io) => {
    needed('why', flags.why);
    return request('release', ['released'], operands[0], flags, io);
  },
);

const NO_SCOPE = { strategy: undefined, instrument: undefined };

type Flags = Arguments<typeof COMMON & typeof SCOPE>['flags'];

async function request(
  name: string,
  actions: readonly ControlAction[],
  broker: string | undefined,
  flags: Flags,
  io: Io,
): Promise<number> {
  const { strategy: strategyId, instrument } = flags;
  if (strategyId !== undefined && instrument !== undefined) {
    throw new UsageError('expected --strategy or --instrument, found both');
  }
  const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
  const { order } = await import('#app/controls.ts');
  const ordered = { broker, strategyId, instrument, who: flags.who ?? io.user(), why: flags.why ?? `${name} ordered` };
  const brokers = actions.map((action) => order(settings, action, ordered))[0] ?? [];
  const scope = strategyId ?? instrument;
  const what = scope === undefined ? '' : ` of ${scope}`;
  const more = actions.includes('flatten') ? ' with flatten' : '';
  await io.stdout.write(`${name}${what}${more} is requested for ${brokers.join(', ')}\n`);
  return EXIT.good;
}
