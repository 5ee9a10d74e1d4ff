// `alpha-panda dlq`: the messages that could not be handled, and what becomes of them.
import { placeOf } from '#app/place.ts';
import type { Settings } from '#app/config/settings-schema.ts';
import type { Chosen, Settling, SettlingPlan } from '#app/settle-dead-letters.ts';
import { needed, oneOf, UsageError, wholeNumber, type FlagTable, type FlagValues } from '../arguments.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import {
  letterInFull,
  letterJson,
  lettersSummary,
  lettersTable,
  letterText,
  settlingJson,
  settlingText,
} from '../dead-letter-text.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';

/** As many letters as one command line names. */
const PLACES_MAX = 1_000;
const RATE = '10';
const SECOND_MS = 1_000;

const FLAGS = {
  broker: { ...BROKER_FLAG, help: 'Only letters about messages of this broker namespace.' },
  topic: { kind: 'text', value: 'T', help: 'Only this topic, with or without its .dlq.' },
  code: { kind: 'text', value: 'CODE', help: 'Only letters with this code, such as INVALID_DATA.' },
  limit: { kind: 'text', value: 'N', help: 'list: the newest N.' },
  set: { kind: 'list', value: 'PATH=VALUE', help: 'replay: change a field first, such as data.quantity=10.' },
  rate: { kind: 'text', value: 'N', help: `replay: at most N a second; ${RATE} by default.` },
  'dry-run': { kind: 'switch', value: '', help: 'replay, discard: check, print what would be done, and do nothing.' },
  again: { kind: 'switch', value: '', help: 'replay, discard: also letters that were settled before.' },
  who: { kind: 'text', value: 'NAME', help: 'replay, discard: who does it, instead of the name of the user.' },
  why: { kind: 'text', value: 'TEXT', help: 'replay, discard: why, for whoever asks later; discard needs it.' },
  json: JSON_FLAG,
  'data-dir': DATA_DIR_FLAG,
} as const satisfies FlagTable;
type Flags = FlagValues<typeof FLAGS>;

const ACTIONS = ['list', 'show', 'replay', 'discard'] as const;
type Action = (typeof ACTIONS)[number];

const FILTERS = ['broker', 'topic', 'code'] as const;
const EVERYWHERE = ['json', 'data-dir'] as const;
const TAKEN: Readonly<Record<Action, readonly (keyof Flags)[]>> = {
  list: [...FILTERS, 'limit'],
  show: [],
  replay: [...FILTERS, 'set', 'rate', 'dry-run', 'again', 'who', 'why'],
  discard: [...FILTERS, 'dry-run', 'again', 'who', 'why'],
};

export const dlqCommand = defineCommand(
  {
    name: 'dlq',
    summary: 'Lists dead letters, shows one in full, sends its message again, or says that it needs nothing more.',
    operands: 'list|show|replay|discard [TOPIC] [OFFSET…]',
    operandsMin: 1,
    operandsMax: PLACES_MAX,
    flags: FLAGS,
    notes: [
      'replay and discard take a TOPIC and its OFFSETs, or every open letter that --broker, --topic and --code let through.',
      'A message is sent again under its own id, one without gets the id of its letter: twice does nothing twice. --set takes',
      'JSON, or text that needs no quotes; it changes a field that is there or adds one to data, but never broker, topic or id.',
      'Nothing is sent when one of the messages would come back. Nothing is ever deleted: what was done is noted beside the',
      'letter, and list shows it once the platform has taken it up.',
    ],
  },
  async ({ flags, operands: [first = '', ...places] }, io) => {
    const action = oneOf('dlq', first, ACTIONS);
    checkFlags(action, flags);
    if (action === 'list') return list(places, flags, io);
    if (action === 'show') return show(places, flags, io);
    return settleLetters(action, places, flags, io);
  },
);

/** A flag that an action does not know must not pass for one that it heeds. */
function checkFlags(action: Action, flags: Flags): void {
  for (const [name, value] of Object.entries(flags) as [keyof Flags, unknown][]) {
    const given = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    if (!given || [...TAKEN[action], ...EVERYWHERE].includes(name)) continue;
    throw new UsageError(`dlq ${action} does not take --${name}`);
  }
}

async function list(places: readonly string[], flags: Flags, io: Io): Promise<number> {
  if (places[0] !== undefined) throw new UsageError(`"${places[0]}" is one argument too many`);
  const limit = flags.limit === undefined ? undefined : wholeNumber('limit', flags.limit, 1);
  const settings = await settingsOf(flags, io);
  const { readLetters } = await import('#app/reading/dead-letters.ts');
  const { letters: all, strange } = readLetters(placeOf(settings), settings.activeBrokers, flags);
  const letters = limit === undefined ? all : all.slice(-limit);
  if (flags.json) {
    await io.stdout.write(jsonText(letters.map(letterJson)));
    return EXIT.good;
  }
  if (letters.length > 0) await io.stdout.write(lettersTable(letters, (text) => paint(io, 'bold', text)));
  await io.stdout.write(lettersSummary(letters, strange));
  return EXIT.good;
}

async function show(places: readonly string[], flags: Flags, io: Io): Promise<number> {
  const { topic, offsets } = placesOf('show', places);
  if (offsets.length !== 1) throw new UsageError('expected one OFFSET behind show TOPIC');
  const settings = await settingsOf(flags, io);
  const { readLettersAt } = await import('#app/reading/dead-letters.ts');
  for (const stored of readLettersAt(placeOf(settings), settings.activeBrokers, topic, offsets)) {
    await io.stdout.write(flags.json ? jsonText(letterInFull(stored)) : letterText(stored));
  }
  return EXIT.good;
}

/** Checks everything, then does it one by one. */
async function settleLetters(
  action: 'replay' | 'discard',
  places: readonly string[],
  flags: Flags,
  io: Io,
): Promise<number> {
  const chosen = chosenBy(action, places, flags);
  const rate = wholeNumber('rate', flags.rate ?? RATE, 1);
  const why = action === 'discard' ? needed('why', flags.why) : (flags.why ?? '');
  const settings = await settingsOf(flags, io);
  const place = placeOf(settings);
  const { again, who = io.user() } = flags;
  const { planDiscard, planReplay, settle } = await import('#app/settle-dead-letters.ts');
  const { parseFix } = await import('#app/dead-letter-fixes.ts');
  const request = { place, active: settings.activeBrokers, chosen, again, who, why };
  const plan =
    action === 'discard'
      ? planDiscard(request)
      : planReplay({ ...request, fixes: flags.set.map(parseFix), ttlMsOf: ttlMsIn(settings) });
  if (flags['dry-run']) return report('would', plan, plan.settlings, flags.json, io);
  const perSecond = action === 'replay' ? rate : Infinity;
  const done = await settle(place, plan.settlings, perSecond, io.interrupted());
  const code = await report('did', plan, plan.settlings.slice(0, done), flags.json, io);
  const left = plan.settlings.length - done;
  if (left === 0) return code;
  await io.stderr.write(`interrupted: ${left} are left; the same command goes on with them\n`);
  return EXIT.no;
}

async function report(
  how: 'would' | 'did',
  { leftOut }: SettlingPlan,
  settlings: readonly Settling[],
  json: boolean,
  io: Io,
): Promise<number> {
  if (json) {
    await io.stdout.write(jsonText(settlings.map(settlingJson)));
    return EXIT.good;
  }
  for (const settling of settlings) await io.stdout.write(settlingText(how, settling));
  const rest =
    leftOut.length === 0 ? '' : `, ${leftOut.length} left out that were settled before; --again takes them too`;
  const summary = how === 'would' ? `${settlings.length} would be settled` : `${settlings.length} settled`;
  await io.stdout.write(`${summary}${rest}\n`);
  return EXIT.good;
}

/** Which letters are meant: by place, or by filter, never by both and never by neither. */
function chosenBy(action: Action, places: readonly string[], flags: Flags): Chosen {
  const { broker, topic, code } = flags;
  const filtered = FILTERS.some((name) => flags[name] !== undefined);
  if (filtered && places.length > 0) {
    throw new UsageError('expected TOPIC and OFFSET, or --broker, --topic and --code, found both');
  }
  return filtered ? { broker, topic, code } : placesOf(action, places);
}

function ttlMsIn({ brokers }: Settings): (broker: string) => number {
  return (broker) => (brokers.find(({ id }) => id === broker)?.signalTtlSeconds ?? 0) * SECOND_MS;
}

async function settingsOf(flags: Flags, io: Io): Promise<Settings> {
  const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
  return settings;
}

/** `TOPIC OFFSET…` as they stand behind an action; the same offset twice means it once. */
function placesOf(
  action: Action,
  [topic, ...offsets]: readonly string[],
): { readonly topic: string; readonly offsets: readonly number[] } {
  if (topic === undefined || offsets.length === 0) throw new UsageError(`expected TOPIC and OFFSET behind ${action}`);
  return { topic, offsets: [...new Set(offsets.map(offsetOf))] };
}

function offsetOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`expected OFFSET to be a whole number from 0 on, found ${JSON.stringify(text)}`);
}
