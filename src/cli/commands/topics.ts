// `alpha-panda topics`: which topics there are and what they hold.
import { placeOf } from '#app/place.ts';
import type { Settings } from '#app/config/settings-schema.ts';
import { oneOf, UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

export const topicsCommand = defineCommand(
  {
    name: 'topics',
    summary: 'Prints every topic with what it holds; a topic without messages is there all the same.',
    operands: 'list|bootstrap|groups list|groups delete GROUP …',
    operandsMin: 1,
    operandsMax: 100,
    flags: {
      multiplier: {
        kind: 'text',
        value: 'X',
        help: 'bootstrap: times the partitions of the design, from 0.1 on; 1 by default.',
      },
      replication: {
        kind: 'text',
        value: 'N',
        help: 'bootstrap: copies of each partition; by default 3 in production, else 1.',
      },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'groups list shows the consumer groups of a distributed deployment; groups delete takes away those that nobody uses.',
      'bootstrap makes the topics of a distributed deployment that are missing, with their dead letters, and says what differs;',
      'it changes nothing that is there. A namespace with BROKERS__{ID}__KAFKA_USERNAME gets the ACLs of its own topics. The embedded profile needs none of it.',
    ],
  },
  async ({ flags, operands }, io) => {
    const action = oneOf('topics', operands[0] ?? '', ['list', 'bootstrap', 'groups'] as const);
    if (action !== 'groups' && operands.length > 1) throw new UsageError(`"${operands[1]}" is one argument too many`);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    if (action === 'groups') return groups(settings, operands.slice(1), flags.json, io);
    if (action === 'bootstrap') {
      const multiplier = numberOf('multiplier', flags.multiplier, MULTIPLIER);
      const replication = numberOf('replication', flags.replication, COPIES);
      return bootstrap(settings, { multiplier, replication }, flags.json, io);
    }
    const { readTopics } = await import('#app/reading/topics.ts');
    const topics = readTopics(placeOf(settings), settings.activeBrokers);
    if (flags.json) {
      await io.stdout.write(jsonText(topics));
      return EXIT.good;
    }
    const columns = [words('topic'), numbers('messages'), numbers('first'), numbers('next'), words('types')];
    const rows = topics.map(({ topic, start, end, types }) => [
      topic,
      `${end - start}`,
      end > start ? `${start}` : '-',
      `${end}`,
      types.join(' '),
    ]);
    await io.stdout.write(renderTable(columns, rows, { heading: (text) => paint(io, 'bold', text) }));
    return EXIT.good;
  },
);

/** Old groups would show a lag for ever, and a dashboard would alert on it. */
async function groups(settings: Settings, operands: readonly string[], json: boolean, io: Io): Promise<number> {
  const action = oneOf('topics groups', operands[0] ?? '', ['list', 'delete'] as const);
  const names = operands.slice(1);
  if (action === 'delete' && names.length === 0) throw new UsageError('expected one or more GROUP behind delete');
  if (action === 'list' && names.length > 0) throw new UsageError(`"${names[0]}" is one argument too many`);
  if (settings.profile === 'embedded') {
    await io.stdout.write('Nothing to do: the embedded profile makes its topics and groups by itself.\n');
    return EXIT.good;
  }
  const { readGroups, removeGroups } = await import('#app/topics.ts');
  if (action === 'delete') {
    await removeGroups(settings, names);
    for (const name of names) await io.stdout.write(`deleted ${name}\n`);
    return EXIT.good;
  }
  const lines = await readGroups(settings);
  if (json) {
    await io.stdout.write(jsonText(lines));
    return EXIT.good;
  }
  const columns = [words('group'), words('state'), words('of'), words('topics')];
  const rows = lines.map(({ group, state, of, topics }) => [group, state, of, topics.join(' ')]);
  await io.stdout.write(renderTable(columns, rows, { heading: (text) => paint(io, 'bold', text) }));
  return EXIT.good;
}

interface Allowed {
  readonly pattern: RegExp;
  readonly min: number;
  readonly words: string;
}

const MULTIPLIER: Allowed = { pattern: /^\d{1,3}(\.\d{1,2})?$/, min: 0.1, words: 'a number from 0.1 on, such as 1.5' };
const COPIES: Allowed = { pattern: /^\d{1,2}$/, min: 1, words: 'a whole number from 1 on' };

function numberOf(
  name: string,
  text: string | undefined,
  { pattern, min, words: accepted }: Allowed,
): number | undefined {
  if (text === undefined) return undefined;
  if (pattern.test(text) && Number(text) >= min) return Number(text);
  throw new UsageError(`expected --${name} to be ${accepted}, found ${JSON.stringify(text)}`);
}

async function bootstrap(
  settings: Settings,
  sizes: { readonly multiplier: number | undefined; readonly replication: number | undefined },
  json: boolean,
  io: Io,
): Promise<number> {
  if (settings.profile === 'embedded') {
    await io.stdout.write('Nothing to do: the embedded profile makes its topics and groups by itself.\n');
    return EXIT.good;
  }
  const { allowUsers, makeTopics } = await import('#app/topics.ts');
  const { created, differences } = await makeTopics(settings, sizes);
  const access = await allowUsers(settings);
  if (json) {
    await io.stdout.write(jsonText({ created, differences, access }));
    return EXIT.good;
  }
  for (const name of created) await io.stdout.write(`created ${name}\n`);
  for (const { topic, what, planned, found } of differences) {
    await io.stdout.write(`${topic} has ${what} ${found}, the design says ${planned}; it is left as it is\n`);
  }
  for (const allowed of access.created) await io.stdout.write(`allowed: ${allowed}\n`);
  for (const allowed of access.beyond) await io.stdout.write(`more than the design says, and left: ${allowed}\n`);
  await io.stdout.write(
    `${created.length} topics created, ${differences.length} differences in those that were there\n`,
  );
  return EXIT.good;
}
