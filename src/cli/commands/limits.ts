// `alpha-panda limits`: the limits of the risk gate in force, and another value for one of them while the platform runs.
import type { Settings } from '#app/config/settings-schema.ts';
import { needed, oneOf, UsageError } from '../arguments.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { renderTable, words } from '../table.ts';

export const limitsCommand = defineCommand(
  {
    name: 'limits',
    summary: 'Shows the limits of the risk gate, or sets one for a namespace or a strategy.',
    operands: 'show|set NAME VALUE',
    operandsMin: 1,
    operandsMax: 3,
    flags: {
      broker: { ...BROKER_FLAG, help: 'Only this broker namespace; set: every active one unless it is given.' },
      strategy: { kind: 'text', value: 'ID', help: 'The limits of this strategy.' },
      who: { kind: 'text', value: 'NAME', help: 'set: who orders it, instead of the name of the user.' },
      why: { kind: 'text', value: 'TEXT', help: 'set: why, for whoever asks later. Needed.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'The more special limit wins: settings, then set for the namespace, then the deployment file, then set for the strategy.',
      'show counts what is in the log; a limit that was just set is there once the platform has taken it up.',
    ],
  },
  async ({ flags, operands }, io) => {
    const action = oneOf('limits', operands[0] ?? '', ['show', 'set'] as const);
    const [, name, value] = operands;
    if (action === 'show' && name !== undefined) throw new UsageError(`"${name}" is one argument too many`);
    if (action === 'set' && (name === undefined || value === undefined)) {
      throw new UsageError('expected NAME and VALUE behind set');
    }
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] }, true);
    const scope = { broker: flags.broker, strategyId: flags.strategy };
    if (action === 'show') return show(settings, scope, flags.json, io);
    const { setLimit } = await import('#app/controls.ts');
    const ordered = { ...scope, who: flags.who ?? io.user(), why: needed('why', flags.why) };
    const brokers = setLimit(settings, ordered, name ?? '', value ?? '');
    await io.stdout.write(`${name} of ${value} is requested for ${brokers.join(', ')}\n`);
    return EXIT.good;
  },
);

interface Scope {
  readonly broker: string | undefined;
  readonly strategyId: string | undefined;
}

async function show(settings: Settings, { broker, strategyId }: Scope, json: boolean, io: Io): Promise<number> {
  const { readLimits } = await import('#app/reading/limits.ts');
  const lines = await readLimits(settings, broker, strategyId);
  if (json) {
    await io.stdout.write(jsonText(lines));
    return EXIT.good;
  }
  const heading = (text: string): string => paint(io, 'bold', text);
  const rows = lines.map((line) => [line.broker, line.limit, line.value, line.of]);
  await io.stdout.write(renderTable(['broker', 'limit', 'value', 'of'].map(words), rows, { heading }));
  return EXIT.good;
}
