// Our HTTP client and the Kite simulator without a socket between them: what a socket would do takes virtual time, and what
// a client learns of a lost answer is the same.
import { type HttpClient, type HttpOutcome, type HttpRequest } from '#adapters/zerodha/http.ts';
import { type KiteAnswer } from '#kite-simulator/rest/messages.ts';
import { type KiteSimulator } from '#kite-simulator/simulator.ts';
import { type Clock } from '#ports/clock.ts';
import { type Dice } from '../simulation/world.ts';

const TIMEOUT_MS = 7_000;
/** The longest way of a request, and of an answer. */
const WAY_MS_MAX = 60;

export interface WireOptions {
  readonly simulator: KiteSimulator;
  readonly clock: Clock;
  readonly dice: Dice;
  /** Told when a request leaves; false when the process that wants to send it is dead. */
  readonly leaves: (request: HttpRequest) => boolean;
}

export function kiteWire({ simulator, clock, dice, leaves }: WireOptions): Pick<HttpClient, 'request'> {
  const carry = async (request: HttpRequest): Promise<HttpOutcome> => {
    await clock.sleep(dice.below(WAY_MS_MAX));
    const answer = await simulator.api.answer(toKite(request));
    await clock.sleep(dice.below(WAY_MS_MAX));
    return outcomeOf(answer);
  };
  return {
    request: async (request) => {
      if (!leaves(request)) return new Promise<never>(() => undefined);
      const answered = new AbortController();
      const tooLate = clock.sleep(TIMEOUT_MS, answered.signal).then((): HttpOutcome => {
        return { kind: 'no_answer', message: `no answer within ${TIMEOUT_MS} ms` };
      });
      const carried = carry(request).then((outcome) => (outcome === SILENCE ? tooLate : outcome));
      const outcome = await Promise.race([carried, tooLate]);
      answered.abort(outcome);
      return outcome;
    },
  };
}

const SILENCE: HttpOutcome = { kind: 'no_answer', message: 'silence' };

function outcomeOf(answer: KiteAnswer): HttpOutcome {
  if (answer.kind === 'silence') return SILENCE;
  if (answer.kind === 'reset') return { kind: 'no_answer', message: 'the connection was reset' };
  return { kind: 'answered', status: answer.status, text: answer.body };
}

function toKite({ method, path, fields = {}, headers }: HttpRequest): Parameters<KiteSimulator['api']['answer']>[0] {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, String(value)])).toString();
  const isForm = method === 'POST' || method === 'PUT';
  const type = isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
  return {
    method,
    path,
    query: new URLSearchParams(isForm ? '' : text),
    headers: { ...headers, ...type },
    body: isForm ? text : '',
    ip: '127.0.0.1',
  };
}
