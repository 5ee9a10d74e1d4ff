// The live stream, read with fetch because an EventSource sends no credential. It goes on behind the last event whatever
// happens to the connection or the server, and says meanwhile that what is seen is old.
import { authorization, refusalOf } from './client.ts';

export interface StreamEvent {
  readonly topic: string;
  readonly offset: number;
  readonly envelope?: { readonly type: string; readonly ts: string; readonly [field: string]: unknown };
}

export type StreamState = 'connecting' | 'live' | 'reconnecting';

export interface StreamOptions {
  readonly topics: readonly string[];
  readonly onState: (state: StreamState) => void;
  readonly onEvent: (event: StreamEvent) => void;
  /** Events that are held no longer, so that everything has to be read anew. */
  readonly onGap: () => void;
}

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 5_000;
/** The server says something every 15 s. */
const SILENCE_MS_MAX = 40_000;

/** Reads until the returned function is called. */
export function openStream(options: StreamOptions): () => void {
  const ended = new AbortController();
  void follow(options, ended.signal);
  return () => ended.abort();
}

async function follow(options: StreamOptions, ended: AbortSignal): Promise<void> {
  const place: Place = { lastId: undefined };
  options.onState('connecting');
  for (let failures = 0; !ended.aborted; failures++) {
    try {
      await readOnce(options, place, ended, () => (failures = 0));
    } catch (error) {
      // Said by the state; what the server refused for good is asked again, since a person may mend it.
      if (!ended.aborted && failures === 0) console.warn('the live stream was interrupted', error);
    }
    if (ended.aborted) return;
    options.onState('reconnecting');
    const wait = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** failures);
    await sleep(wait * (0.75 + Math.random() / 2), ended);
  }
}

interface Place {
  lastId: string | undefined;
}

async function readOnce(options: StreamOptions, place: Place, ended: AbortSignal, opened: () => void): Promise<void> {
  const silence = new AbortController();
  let watch = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
  try {
    const response = await fetch(`/api/v1/stream?topics=${encodeURIComponent(options.topics.join(','))}`, {
      headers: { ...authorization(), ...(place.lastId === undefined ? {} : { 'last-event-id': place.lastId }) },
      cache: 'no-store',
      signal: AbortSignal.any([ended, silence.signal]),
    });
    if (!response.ok || response.body === null) {
      // The id is of another log: begin at its end, and read everything anew.
      if (response.status === 400) place.lastId = undefined;
      throw await refusalOf(response);
    }
    opened();
    options.onState('live');
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) take(block, options, place);
    }
  } finally {
    clearTimeout(watch);
  }
}

function take(block: string, { onEvent, onGap }: StreamOptions, place: Place): void {
  let [event, data] = ['message', ''];
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) place.lastId = line.slice(4);
    else if (line.startsWith('event: ')) event = line.slice(7);
    else if (line.startsWith('data: ')) data += line.slice(6);
  }
  if (event === 'skipped') onGap();
  else if (data !== '') onEvent(JSON.parse(data) as StreamEvent);
}

async function sleep(ms: number, ended: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    ended.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
