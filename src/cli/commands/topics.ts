// `alpha-panda topics`: which topics there are and what they hold.
import { placeOf } from '#app/place.ts';
import { oneOf } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

export const topicsCommand = defineCommand(
  {
    name: 'topics',
    summary: 'Prints every topic with what it holds; a topic without messages is there all the same.',
    operands: 'list|bootstrap',
    operandsMin: 1,
    operandsMax: 1,
    flags: { json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: [
      'bootstrap makes the topics and groups of a distributed deployment; the embedded profile needs none of it.',
    ],
  },
  async ({ flags, operands }, io) => {
    const action = oneOf('topics', operands[0] ?? '', ['list', 'bootstrap'] as const);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    if (action === 'bootstrap') {
      await io.stdout.write('Nothing to do: the embedded profile makes its topics and groups by itself.\n');
      return EXIT.good;
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
