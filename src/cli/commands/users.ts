// `alpha-panda users`: who may sign in to the API, and with which role.
import { ROLES, type Role } from '#api/contract.ts';
import type { AccessBook } from '#app/access/open-access.ts';
import type { Settings } from '#app/config/settings-schema.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import { needed, oneOf, UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { renderTable, words } from '../table.ts';

const ACTIONS = [
  'list',
  'add',
  'bind',
  'unbind',
  'disable',
  'password',
  'reset-code',
  'sessions',
  'end-session',
] as const;

export const usersCommand = defineCommand(
  {
    name: 'users',
    summary:
      'Lists who may sign in to the API, adds a user, ends one, sets a password, or binds one to a user at Kite.',
    operands:
      'list|add NAME|bind NAME|unbind NAME|disable NAME|password NAME|reset-code NAME|sessions NAME|end-session ID',
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
      'sessions lists where a user is signed in; end-session ends one of these, and the others go on.',
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
    if (name === undefined || action === 'list') return list(settings, flags.json, io);
    if (action === 'sessions') return sessions(settings, name, flags.json, io);
    const kiteUser = action === 'bind' ? needed('kite-user', flags['kite-user']) : flags['kite-user'];
    const asked = { name, role, brokers: flags.brokers, kiteUser };
    const { withAccessBook } = await import('#app/access/open-access.ts');
    const { kind, done } = await withAccessBook(settings, async (book) => change(action, asked, book, io));
    const { auditCommand } = await import('#app/audit/open-audit.ts');
    const { placeOf } = await import('#app/place.ts');
    const about = action === 'end-session' ? { session: name } : { user: name };
    const fields = { who: io.user(), ...about, role, brokers: flags.brokers, kite_user: kiteUser };
    auditCommand(placeOf(settings), kind, fields);
    await io.stdout.write(`${name} is ${done}\n`);
    return EXIT.good;
  },
);

interface Asked {
  readonly name: string;
  readonly role: Role | undefined;
  readonly brokers: string | undefined;
  readonly kiteUser: string | undefined;
}

type Change = Exclude<(typeof ACTIONS)[number], 'list' | 'sessions'>;

/** Does it; how the audit trail calls it, and what a person is told. */
async function change(
  action: Change,
  { name, role, brokers, kiteUser }: Asked,
  { users, factor, signIns }: AccessBook,
  io: Io,
): Promise<{ readonly kind: string; readonly done: string }> {
  const password = async (): Promise<string> => io.secret(`Password for ${name}: `);
  switch (action) {
    case 'add': {
      const wanted = needed('role', role) as Role;
      const own = kiteUser === undefined ? await password() : undefined;
      await users.add({ name, password: own, kiteUser, role: wanted, brokers: brokers?.split(',') });
      return { kind: 'user_added', done: `added as ${wanted}` };
    }
    case 'bind':
      users.bind(name, kiteUser);
      return { kind: 'user_bound', done: `who signs in at Kite as ${kiteUser}` };
    case 'unbind':
      users.bind(name, undefined);
      return { kind: 'user_unbound', done: 'bound to nobody at Kite any more' };
    case 'disable':
      users.disable(name);
      return { kind: 'user_disabled', done: 'disabled' };
    case 'password':
      await users.setPassword(name, await password());
      return { kind: 'password_set', done: 'given a new password' };
    case 'reset-code':
      if (!factor.reset(name)) throw new UsageError(`${name} has no authenticator app`);
      return { kind: 'code_reset', done: 'asked for no code any more' };
    case 'end-session':
      if (!signIns.end(name)) throw new UsageError(`there is no sign-in ${name}; users sessions NAME lists them`);
      return { kind: 'sign_in_ended', done: 'ended' };
  }
}

async function sessions(settings: Settings, name: string, json: boolean, io: Io): Promise<number> {
  const { withAccessBook } = await import('#app/access/open-access.ts');
  const found = await withAccessBook(settings, (book) => book.signIns.list(name));
  const lines = found.map(({ id, user, by, from, began_at: began, renewedAt }) => {
    const [beganAt, renewed] = [began, renewedAt].map((at) => formatInstant(at as EpochMs));
    return { session: id, user, by, from, began_at: beganAt ?? '', renewed_at: renewed ?? '' };
  });
  if (json) {
    await io.stdout.write(jsonText(lines));
    return EXIT.good;
  }
  const heading = (text: string): string => paint(io, 'bold', text);
  const columns = ['session', 'user', 'by', 'from', 'began', 'renewed'].map(words);
  await io.stdout.write(renderTable(columns, lines.map(Object.values), { heading }));
  return EXIT.good;
}

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
