// `alpha-panda subscriptions`: who elsewhere is told of fills, orders, risk and alerts.
import type { Settings } from '#app/config/settings-schema.ts';
import { needed, oneOf, UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { renderTable, words } from '../table.ts';

const ACTIONS = ['list', 'add', 'remove', 'resume', 'test'] as const;
const KINDS = ['fills', 'orders', 'risk', 'alerts'] as const;

export const subscriptionsCommand = defineCommand(
  {
    name: 'subscriptions',
    summary: 'Lists who elsewhere is told of what happens, adds one, ends one, or sends on after failures.',
    operands: 'list|add ID|remove ID|resume ID|test ID',
    operandsMin: 1,
    operandsMax: 2,
    flags: {
      url: { kind: 'text', value: 'URL', help: 'add: where messages are posted, with https or on this machine.' },
      kinds: { kind: 'text', value: 'LIST', help: `add: of ${KINDS.join(', ')}.` },
      brokers: { kind: 'text', value: 'LIST', help: 'add: only of these namespaces; of every one unless given.' },
      'allow-http': { kind: 'switch', value: '', help: 'add: also over plain HTTP, which everybody between can read.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'The secret is printed once, when a subscription is added; every message is signed with it.',
      'A running platform with AUTH__ENABLE_USER_AUTH=true sends them; docs/guides/subscriptions.md says how they look.',
    ],
  },
  async ({ flags, operands }, io) => {
    const [given = '', id] = operands;
    const action = oneOf('subscriptions', given, ACTIONS);
    if (action === 'list' && id !== undefined) throw new UsageError(`"${id}" is one argument too many`);
    if (action !== 'list' && id === undefined) throw new UsageError(`expected ID behind ${action}`);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    if (id === undefined || action === 'list') return list(settings, flags.json, io);
    if (action !== 'add') return change(settings, action, id, io);
    const { addSubscription } = await import('#app/subscriptions/manage.ts');
    const secret = addSubscription(settings, io.user(), {
      id,
      url: needed('url', flags.url),
      kinds: needed('kinds', flags.kinds)
        .split(',')
        .map((kind) => oneOf('--kinds', kind, KINDS)),
      brokers: flags.brokers?.split(','),
      allowHttp: flags['allow-http'],
    });
    await io.stdout.write(`${secret}\n`);
    return EXIT.good;
  },
);

async function change(settings: Settings, action: 'remove' | 'resume' | 'test', id: string, io: Io): Promise<number> {
  const { removeSubscription, resumeSubscription, testSubscription } = await import('#app/subscriptions/manage.ts');
  if (action === 'test') {
    const trouble = await testSubscription(settings, id);
    await io.stdout.write(trouble === undefined ? `${id} took a message\n` : `${id} took none: ${trouble}\n`);
    return trouble === undefined ? EXIT.good : EXIT.no;
  }
  if (action === 'remove') removeSubscription(settings, id, io.user());
  else resumeSubscription(settings, id, io.user());
  await io.stdout.write(action === 'remove' ? `${id} is removed\n` : `${id} is sent to again\n`);
  return EXIT.good;
}

async function list(settings: Settings, json: boolean, io: Io): Promise<number> {
  const { listSubscriptions } = await import('#app/subscriptions/manage.ts');
  const all = listSubscriptions(settings);
  if (json) {
    await io.stdout.write(jsonText(all));
    return EXIT.good;
  }
  const rows = all.map(({ id, address, kinds, brokers, dead }) => {
    const state = dead === null ? 'active' : `dead: ${dead.trouble}`;
    return [id, address, kinds.join(' '), brokers?.join(' ') ?? 'every one', state];
  });
  const heading = (text: string): string => paint(io, 'bold', text);
  await io.stdout.write(renderTable(['id', 'address', 'kinds', 'namespaces', 'state'].map(words), rows, { heading }));
  return EXIT.good;
}
