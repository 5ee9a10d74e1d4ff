// `alpha-panda keys`: credentials for programs that call the API without a person.
import { ROLES } from '#api/contract.ts';
import type { Settings } from '#app/config/settings-schema.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import { needed, oneOf, UsageError, wholeNumber } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { renderTable, words } from '../table.ts';

const ACTIONS = ['list', 'create', 'revoke'] as const;
const DAYS = '90';

export const keysCommand = defineCommand(
  {
    name: 'keys',
    summary: 'Lists the API keys, creates one for a program, or ends one.',
    operands: 'list|create LABEL|revoke ID',
    operandsMin: 1,
    operandsMax: 2,
    flags: {
      role: { kind: 'text', value: 'ROLE', help: `create: one of ${ROLES.join(', ')}.` },
      brokers: { kind: 'text', value: 'LIST', help: 'create: only these broker namespaces; all of them unless given.' },
      days: { kind: 'text', value: 'N', help: `create: how many days it lasts; ${DAYS} by default.` },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'A key is printed once, when it is created; only its hash is kept.',
      'What asks for a password that was just entered, such as arming, no key can do.',
    ],
  },
  async ({ flags, operands }, io) => {
    const [given = '', name] = operands;
    const action = oneOf('keys', given, ACTIONS);
    if (action === 'list' && name !== undefined) throw new UsageError(`"${name}" is one argument too many`);
    const role = action === 'create' ? oneOf('--role', needed('role', flags.role), ROLES) : undefined;
    const days = wholeNumber('days', flags.days ?? DAYS, 1);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    if (action === 'list') return list(settings, flags.json, io);
    if (name === undefined) throw new UsageError(`expected ${action === 'create' ? 'LABEL' : 'ID'} behind ${action}`);
    const { withAccessBook } = await import('#app/access/open-access.ts');
    const said = await withAccessBook(settings, ({ keys }) => {
      if (role !== undefined) return keys.create({ label: name, role, brokers: flags.brokers?.split(','), days });
      keys.revoke(name);
      return `${name} is revoked`;
    });
    const { auditCommand } = await import('#app/audit/open-audit.ts');
    const { placeOf } = await import('#app/place.ts');
    const which = action === 'create' ? { label: name, role, brokers: flags.brokers, days } : { key: name };
    auditCommand(placeOf(settings), action === 'create' ? 'key_created' : 'key_revoked', { who: io.user(), ...which });
    await io.stdout.write(`${said}\n`);
    return EXIT.good;
  },
);

async function list(settings: Settings, json: boolean, io: Io): Promise<number> {
  const { withAccessBook } = await import('#app/access/open-access.ts');
  const keys = await withAccessBook(settings, (book) => book.keys.list());
  const lines = keys.map((key) => ({ ...key, expires_at: formatInstant(key.expires_at as EpochMs) }));
  if (json) {
    await io.stdout.write(jsonText(lines));
    return EXIT.good;
  }
  const rows = lines.map(({ id, label, role, brokers, revoked, expires_at: expires }) => {
    return [id, label, role, brokers?.join(' ') ?? 'all', revoked ? 'revoked' : 'active', expires];
  });
  const heading = (text: string): string => paint(io, 'bold', text);
  const titles = ['id', 'label', 'role', 'brokers', 'status', 'expires'];
  await io.stdout.write(renderTable(titles.map(words), rows, { heading }));
  return EXIT.good;
}
