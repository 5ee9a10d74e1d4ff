// `alpha-panda events`: the messages of a topic as they were stored, one a line, streamed.
import { placeOf } from '#app/place.ts';
import type { StoredEvent } from '#app/reading/events.ts';
import { needed, wholeNumber } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, printable } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const eventsCommand = defineCommand(
  {
    name: 'events',
    summary: 'Prints the messages of a topic, from the first to the last unless told otherwise.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: {
      topic: { kind: 'text', value: 'T', help: 'The topic; `alpha-panda topics list` names them. Needed.' },
      from: { kind: 'text', value: 'N|latest', help: 'Begin at this offset, or with what comes after now.' },
      follow: { kind: 'switch', value: '', help: 'Go on with new messages until Ctrl-C.' },
      json: { ...JSON_FLAG, help: 'Print envelopes as they were stored, one JSON object a line.' },
      offsets: { kind: 'switch', value: '', help: 'Print {"offset":n,"envelope":…} lines; with it --json is meant.' },
      'data-dir': DATA_DIR_FLAG,
    },
    notes: ['A value that is not JSON is printed as {"offset":n,"raw":"…"}.'],
  },
  async ({ flags }, io) => {
    const topic = needed('topic', flags.topic);
    const from = flags.from === 'latest' ? flags.from : wholeNumber('from', flags.from ?? '0', 0);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { readEvents } = await import('#app/reading/events.ts');
    const { activeBrokers: active } = settings;
    const place = placeOf(settings);
    const follow = flags.follow ? io.interrupted() : undefined;
    const lineOf = flags.offsets ? withOffset : flags.json ? asStored : forPeople;
    for await (const { events, skipped } of readEvents({ place, active, topic, from, follow })) {
      if (skipped > 0)
        await io.stderr.write(`${skipped} messages are held no longer; going on at ${events[0]?.offset}\n`);
      let text = '';
      for (const event of events) text += `${lineOf(event)}\n`;
      await io.stdout.write(text);
      if (io.stdout.closed) break;
    }
    return EXIT.good;
  },
);

function asStored(event: StoredEvent): string {
  return event.json ? event.line : raw(event);
}

function withOffset(event: StoredEvent): string {
  return event.json ? `{"offset":${event.offset},"envelope":${event.line}}` : raw(event);
}

function raw({ offset, line }: StoredEvent): string {
  return JSON.stringify({ offset, raw: line });
}

const OFFSET_WIDTH = 8;

/** Offset, time, type, key, and the plain fields of the data. */
function forPeople(event: StoredEvent): string {
  const place = `${event.offset}`.padStart(OFFSET_WIDTH);
  const envelope: unknown = event.json ? JSON.parse(event.line) : undefined;
  if (!isFields(envelope)) return printable(`${place}  ${event.line}`);
  const data = isFields(envelope['data']) ? Object.entries(envelope['data']) : [];
  const told = data.filter(([name, value]) => PLAIN.has(typeof value) && value !== '' && !IN_HEAD.has(name));
  const plain = told.map(([name, value]) => `${name}=${String(value)}`);
  const head = ['ts', 'type', 'key'].map((name) => textOf(envelope[name]));
  return printable([place, ...head, plain.join(' ')].join('  '));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '-');
}

/** What the offset, the time and the topic say already. */
const IN_HEAD: ReadonlySet<string> = new Set(['timestamp', 'broker', 'execution_mode']);
const PLAIN: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
