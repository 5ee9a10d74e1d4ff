// `alpha-panda alerts`: what a person should look at, and who looks after it.
import { tryOwnChannels } from '#app/alerting/channels.ts';
import type { Settings } from '#app/config/settings-schema.ts';
import { acknowledgeKept, keptAlerts } from '#app/alerting/kept-alerts.ts';
import { needed, oneOf, UsageError } from '../arguments.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { renderTable, words } from '../table.ts';

const ACTIONS = ['list', 'ack', 'test'] as const;

export const alertsCommand = defineCommand(
  {
    name: 'alerts',
    summary: 'Lists the alerts of the platform, acknowledges one, or tries the channels.',
    operands: 'list|ack ID|test',
    operandsMin: 0,
    operandsMax: 2,
    flags: {
      broker: { ...BROKER_FLAG, help: 'list: only of this broker namespace.' },
      all: { kind: 'switch', value: '', help: 'list: also those that have ended.' },
      who: { kind: 'text', value: 'NAME', help: 'ack: who looks after it, instead of the name of the user.' },
      why: { kind: 'text', value: 'TEXT', help: 'ack: what is done about it. Needed.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: ['An acknowledged alert is not told again; the platform takes it up within a few seconds.'],
  },
  async ({ flags, operands }, io) => {
    const action = oneOf('alerts', operands[0] ?? 'list', ACTIONS);
    const id = operands[1];
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] }, true);
    if (action !== 'ack' && id !== undefined) throw new UsageError(`"${id}" is one argument too many`);
    if (action === 'list') return list(settings.dataDir, flags, io);
    if (action === 'test') return tryAll(settings, io);
    if (id === undefined) throw new UsageError('expected ID behind ack');
    acknowledgeKept(settings.dataDir, id, flags.who ?? io.user(), needed('why', flags.why));
    await io.stdout.write(`the acknowledgement of ${id} is left for the platform\n`);
    return EXIT.good;
  },
);

/** Sends one message over each channel. */
async function tryAll(settings: Settings, io: Io): Promise<number> {
  const results = await tryOwnChannels(settings);
  if (results.length === 0) await io.stdout.write('no channel is set; the settings ALERTS__… name them\n');
  for (const { name, trouble } of results) await io.stdout.write(`${name}: ${trouble ?? 'sent'}\n`);
  return results.some(({ trouble }) => trouble !== undefined) ? EXIT.no : EXIT.good;
}

interface Asked {
  readonly broker: string | undefined;
  readonly all: boolean;
  readonly json: boolean;
}

async function list(dataDir: string, { broker, all, json }: Asked, io: Io): Promise<number> {
  const lines = keptAlerts(dataDir).filter(
    ({ broker: of, state }) => (broker ?? of) === of && (all || state !== 'resolved'),
  );
  if (json) {
    await io.stdout.write(jsonText(lines));
    return EXIT.good;
  }
  const rows = lines.map(({ id, severity, state, code, broker: of, subject, since, text, remedy }) => {
    return [id, severity, state, code, of ?? 'all', subject, since, `${text}; ${remedy}`];
  });
  const heading = (text: string): string => paint(io, 'bold', text);
  const titles = ['id', 'severity', 'state', 'code', 'broker', 'subject', 'since', 'what'];
  await io.stdout.write(renderTable(titles.map(words), rows, { heading }));
  return EXIT.good;
}
