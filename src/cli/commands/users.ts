// `alpha-panda users`: who may sign in to the API, and with which role.
import { ROLES } from '#api/contract.ts';
import type { Settings } from '#app/config/settings-schema.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import { needed, oneOf, UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { renderTable, words } from '../table.ts';

const ACTIONS = ['list', 'add', 'bind', 'unbind', 'disable', 'password', 'reset-code'] as const;

export const usersCommand = defineCommand(
  {
    name: 'users',
    summary:
      'Lists who may sign in to the API, adds a user, ends one, sets a password, or binds one to a user at Kite.',
    operands: 'list|add NAME|bind NAME|unbind NAME|disable NAME|password NAME|reset-code NAME',
    operandsMin: 1,
    operandsMax: 2,
    flags: {
      role: {
        kind: 'text',
        value: 'ROLE',
        help: `add: one of ${ROLES.join(', ')}; each may what those before it may.`,
      },
      brokers: { kind: 'text', value: 'LIST', help: 'add: only these broker namespaces; all of them unless given.' },
      'kite-user': {
        kind: 'text',
        value: 'ID',
        help: 'add, bind: who signs in as this user through Kite, such as AB1234; add then asks for no password.',
      },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'The password is asked for, or read as one line from standard input. It is kept as an argon2id hash.',
      'disable and password end every token of the user at once, also in a running platform.',
      'reset-code is for whoever has lost the authenticator app and the recovery codes.',
      'AUTH__ENABLE_USER_AUTH=true makes the API ask who calls.',
    ],
  },
  async ({ flags, operands }, io) => {
    const [given = '', name] = operands;
    const action = oneOf('users', given, ACTIONS);
    if (action === 'list' && name !== undefined) throw new UsageError(`"${name}" is one argument too many`);
    if (action !== 'list' && name === undefined) throw new UsageError(`expected NAME behind ${action}`);
    const role = action === 'add' ? oneOf('--role', needed('role', flags.role), ROLES) : undefined;
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    if (name === undefined) return list(settings, flags.json, io);
    const kiteUser = action === 'bind' ? needed('kite-user', flags['kite-user']) : flags['kite-user'];
    const { withAccessBook } = await import('#app/access/open-access.ts');
    await withAccessBook(settings, async ({ users, factor }) => {
      if (action === 'disable') users.disable(name);
      else if (action === 'bind' || action === 'unbind') users.bind(name, action === 'bind' ? kiteUser : undefined);
      else if (role !== undefined && kiteUser !== undefined) {
        await users.add({ name, password: undefined, kiteUser, role, brokers: flags.brokers?.split(',') });
      } else if (action === 'reset-code') {
        if (!factor.reset(name)) throw new UsageError(`${name} has no authenticator app`);
      } else {
        const password = await io.secret(`Password for ${name}: `);
        if (role === undefined) await users.setPassword(name, password);
        else await users.add({ name, password, role, brokers: flags.brokers?.split(',') });
      }
    });
    const { auditCommand } = await import('#app/audit/open-audit.ts');
    const { placeOf } = await import('#app/place.ts');
    const kind = {
      list: '',
      add: 'user_added',
      bind: 'user_bound',
      unbind: 'user_unbound',
      disable: 'user_disabled',
      password: 'password_set',
      'reset-code': 'code_reset',
    }[action];
    auditCommand(placeOf(settings), kind, {
      who: io.user(),
      user: name,
      role,
      brokers: flags.brokers,
      kite_user: kiteUser,
    });
    const done = {
      list: '',
      add: `added as ${role}`,
      bind: `who signs in at Kite as ${kiteUser}`,
      unbind: 'bound to nobody at Kite any more',
      disable: 'disabled',
      password: 'given a new password',
      'reset-code': 'asked for no code any more',
    }[action];
    await io.stdout.write(`${name} is ${done}\n`);
    return EXIT.good;
  },
);

async function list(settings: Settings, json: boolean, io: Io): Promise<number> {
  const { withAccessBook } = await import('#app/access/open-access.ts');
  const users = await withAccessBook(settings, (book) => book.users.list());
  const lines = users.map(({ name, role, brokers, kite_user: kiteUser, disabled, changedAt }) => {
    return { name, role, brokers, kite_user: kiteUser, disabled, changed_at: formatInstant(changedAt as EpochMs) };
  });
  if (json) {
    await io.stdout.write(jsonText(lines));
    return EXIT.good;
  }
  const rows = lines.map(({ name, role, brokers, kite_user: kiteUser, disabled, changed_at: changed }) => {
    return [name, role, brokers?.join(' ') ?? 'all', kiteUser ?? '-', disabled ? 'disabled' : 'active', changed];
  });
  const heading = (text: string): string => paint(io, 'bold', text);
  await io.stdout.write(
    renderTable(['name', 'role', 'brokers', 'Kite user', 'status', 'changed'].map(words), rows, { heading }),
  );
  return EXIT.good;
}
