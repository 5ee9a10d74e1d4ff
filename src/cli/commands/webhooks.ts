// `alpha-panda webhooks`: who may send signals over HTTP without a token, and what they may ask for.
import type { Settings } from '#app/config/settings-schema.ts';
import { needed, oneOf, UsageError, wholeNumber } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { renderTable, words } from '../table.ts';

const ACTIONS = ['list', 'add', 'remove'] as const;
const FORMS = ['generic', 'tradingview'] as const;

export const webhooksCommand = defineCommand(
  {
    name: 'webhooks',
    summary: 'Lists the webhooks that may send signals, adds one, or ends one.',
    operands: 'list|add ID|remove ID',
    operandsMin: 1,
    operandsMax: 2,
    flags: {
      form: { kind: 'text', value: 'FORM', help: `add: one of ${FORMS.join(', ')}; generic messages are signed.` },
      broker: { kind: 'text', value: 'BROKER', help: 'add: the namespace of its signals.' },
      strategy: { kind: 'text', value: 'ID', help: 'add: the strategy id that its signals have.' },
      instruments: { kind: 'text', value: 'LIST', help: 'add: the symbols or tokens that it may trade.' },
      'max-quantity': { kind: 'text', value: 'N', help: 'add: the most that one signal may ask for.' },
      addresses: { kind: 'text', value: 'LIST', help: 'add: only from these IP addresses; from any unless given.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'The secret is printed once, when a webhook is added; it is kept encrypted under AUTH__SECRET_KEY.',
      'POST /api/v1/webhooks/ID takes its messages; docs/guides/webhooks.md says how they look.',
    ],
  },
  async ({ flags, operands }, io) => {
    const [given = '', id] = operands;
    const action = oneOf('webhooks', given, ACTIONS);
    if (action === 'list' && id !== undefined) throw new UsageError(`"${id}" is one argument too many`);
    if (action !== 'list' && id === undefined) throw new UsageError(`expected ID behind ${action}`);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    if (id === undefined) return list(settings, flags.json, io);
    const { addHook, removeHook } = await import('#app/webhooks/manage.ts');
    if (action === 'remove') {
      removeHook(settings, id, io.user());
      await io.stdout.write(`${id} is removed\n`);
      return EXIT.good;
    }
    const secret = addHook(settings, io.user(), {
      id,
      form: oneOf('--form', needed('form', flags.form), FORMS),
      broker: needed('broker', flags.broker),
      strategy_id: needed('strategy', flags.strategy),
      instruments: needed('instruments', flags.instruments).split(','),
      max_quantity: wholeNumber('max-quantity', needed('max-quantity', flags['max-quantity']), 1),
      addresses: flags.addresses?.split(',') ?? null,
    });
    await io.stdout.write(`${secret}\n`);
    return EXIT.good;
  },
);

async function list(settings: Settings, json: boolean, io: Io): Promise<number> {
  const { listHooks } = await import('#app/webhooks/manage.ts');
  const hooks = listHooks(settings);
  if (json) {
    await io.stdout.write(jsonText(hooks));
    return EXIT.good;
  }
  const rows = hooks.map(({ id, form, broker, strategy_id: strategy, instruments, max_quantity: most, addresses }) => {
    return [id, form, broker, strategy, Object.keys(instruments).join(' '), `${most}`, addresses?.join(' ') ?? 'any'];
  });
  const heading = (text: string): string => paint(io, 'bold', text);
  const titles = ['id', 'form', 'broker', 'strategy', 'instruments', 'at most', 'from'];
  await io.stdout.write(renderTable(titles.map(words), rows, { heading }));
  return EXIT.good;
}
