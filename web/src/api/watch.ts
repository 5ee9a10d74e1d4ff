// The watch: one connection over which the server sends what the page shows whenever it has changed, read with fetch because an
// EventSource sends no credential. Whatever happens to the connection or the server it is opened again, and says meanwhile that what
// is seen is old.
import { authorization, refusalOf } from './client.ts';

export type WatchState = 'connecting' | 'live' | 'reconnecting';

export interface WatchOptions {
  /** What is watched: paths of the API with their parameters. */
  readonly addresses: readonly string[];
  readonly onState: (state: WatchState) => void;
  readonly onAnswer: (address: string, status: number, answer: unknown) => void;
  /** What was not sent again since the last time is as it was. */
  readonly onRound: () => void;
}

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 5_000;
/** The server says something every second. */
const SILENCE_MS_MAX = 15_000;

/** Watches until the returned function is called. */
export function openWatch(options: WatchOptions): () => void {
  const ended = new AbortController();
  void follow(options, ended.signal);
  return () => ended.abort();
}

async function follow(options: WatchOptions, ended: AbortSignal): Promise<void> {
  options.onState('connecting');
  for (let failures = 0; !ended.aborted; failures++) {
    try {
      await readOnce(options, ended, () => (failures = 0));
    } catch (error) {
      // Said by the state; what the server refused for good is asked again, since a person may mend it.
      if (!ended.aborted && failures === 0) console.warn('the live connection was interrupted', error);
    }
    if (ended.aborted) return;
    options.onState('reconnecting');
    const wait = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** failures);
    await sleep(wait * (0.75 + Math.random() / 2), ended);
  }
}

async function readOnce(options: WatchOptions, ended: AbortSignal, opened: () => void): Promise<void> {
  const silence = new AbortController();
  let watch = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
  try {
    const of = options.addresses.map((address) => `of=${encodeURIComponent(address)}`);
    const response = await fetch(`/api/v1/watch?${of.join('&')}`, {
      headers: authorization(),
      cache: 'no-store',
      signal: AbortSignal.any([ended, silence.signal]),
    });
    if (!response.ok || response.body === null) throw await refusalOf(response);
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
      for (const block of blocks) take(block, options);
    }
  } finally {
    clearTimeout(watch);
  }
}

function take(block: string, { onAnswer, onRound }: WatchOptions): void {
  const [head = '', data = ''] = block.split('\n');
  if (head === 'event: answer') {
    const { of, status, answer } = JSON.parse(data.slice('data: '.length)) as {
      readonly of: string;
      readonly status: number;
      readonly answer: unknown;
    };
    onAnswer(of, status, answer);
  } else if (head === 'event: round') onRound();
}

async function sleep(ms: number, ended: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    ended.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
