// `alpha-panda dlq`: the messages that could not be handled, and what becomes of them.
import { placeOf } from '#app/place.ts';
import type { Settings } from '#app/config/settings-schema.ts';
import { oneOf, UsageError, wholeNumber } from '../arguments.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { letterJson, lettersSummary, lettersTable, letterText } from '../dead-letter-text.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';

/** As many letters as one command line names. */
const PLACES_MAX = 1_000;

export const dlqCommand = defineCommand(
  {
    name: 'dlq',
    summary: 'Lists dead letters and shows one in full.',
    operands: 'list|show [TOPIC] [OFFSET]',
    operandsMin: 1,
    operandsMax: PLACES_MAX,
    flags: {
      broker: { ...BROKER_FLAG, help: 'Only letters about messages of this broker namespace.' },
      topic: { kind: 'text', value: 'T', help: 'Only this topic, with or without its .dlq.' },
      code: { kind: 'text', value: 'CODE', help: 'Only letters with this code, such as INVALID_DATA.' },
      limit: { kind: 'text', value: 'N', help: 'list: the newest N.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [],
  },
  async ({ flags, operands: [first = '', ...places] }, io) => {
    const action = oneOf('dlq', first, ['list', 'show'] as const);
    const limit = flags.limit === undefined ? undefined : wholeNumber('limit', flags.limit, 1);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const filter = { broker: flags.broker, topic: flags.topic, code: flags.code };
    if (action === 'show') return show(settings, places, flags.json, io);
    if (places[0] !== undefined) throw new UsageError(`"${places[0]}" is one argument too many`);
    return list(settings, filter, limit, flags.json, io);
  },
);

interface Filter {
  readonly broker: string | undefined;
  readonly topic: string | undefined;
  readonly code: string | undefined;
}

async function list(
  settings: Settings,
  filter: Filter,
  limit: number | undefined,
  json: boolean,
  io: Io,
): Promise<number> {
  const { readLetters } = await import('#app/reading/dead-letters.ts');
  const { letters: all, strange } = readLetters(placeOf(settings), settings.activeBrokers, filter);
  const letters = limit === undefined ? all : all.slice(-limit);
  if (json) {
    await io.stdout.write(jsonText(letters.map(letterJson)));
    return EXIT.good;
  }
  if (letters.length > 0) await io.stdout.write(lettersTable(letters, (text) => paint(io, 'bold', text)));
  await io.stdout.write(lettersSummary(letters, strange));
  return EXIT.good;
}

async function show(settings: Settings, places: readonly string[], json: boolean, io: Io): Promise<number> {
  const { topic, offsets } = placesOf('show', places);
  if (offsets.length !== 1) throw new UsageError('expected one OFFSET behind show TOPIC');
  const { readLettersAt } = await import('#app/reading/dead-letters.ts');
  for (const stored of readLettersAt(placeOf(settings), settings.activeBrokers, topic, offsets)) {
    const full = { ...letterJson(stored), originalValue: stored.letter.value };
    await io.stdout.write(json ? jsonText(full) : letterText(stored));
  }
  return EXIT.good;
}

/** `TOPIC OFFSET…` as they stand behind an action; the same offset twice means it once. */
function placesOf(
  action: string,
  [topic, ...offsets]: readonly string[],
): { readonly topic: string; readonly offsets: readonly number[] } {
  if (topic === undefined || offsets.length === 0) throw new UsageError(`expected TOPIC and OFFSET behind ${action}`);
  return { topic, offsets: [...new Set(offsets.map(offsetOf))] };
}

function offsetOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`expected OFFSET to be a whole number from 0 on, found ${JSON.stringify(text)}`);
}
