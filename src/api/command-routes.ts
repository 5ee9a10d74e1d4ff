// What may be ordered over HTTP, and by whom. Down needs an operator; up, and what raises a risk, needs the role risk and
// a password that was entered just now.
import { z } from 'zod';
import type { AccessStore } from '#ports/access.ts';
import { acknowledge, type Alerts } from './alert-routes.ts';
import type { Command, Commands, Letters, Order } from './commands.ts';
import * as contract from './contract.ts';
import type { GateOptions } from './gate.ts';
import { Once } from './once.ts';
import { ProblemError } from './problem.ts';
import { RateLimiter } from './rate-limit.ts';
import { API, define, type Asked, type Route } from './route.ts';
import { demandTopic } from './routes.ts';

/** What writing needs beside reading; undefined where nothing asks who calls. */
export interface Writing {
  readonly commands: Commands;
  /** Where answers are kept for whoever sends the same again. */
  readonly answers: AccessStore;
}

export interface CommandOptions extends GateOptions {
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  readonly writing: Writing | undefined;
  readonly alerts: Alerts;
}

const OFFSETS_MAX = 100;
/** Of one user or key. What takes something down is never held up. */
const ORDERS = { burst: 20, perSecond: 2, addressesMax: 1_000 };
const DOWN: ReadonlySet<Command['kind']> = new Set(['kill', 'disarm', 'disable']);

const short = z.string().trim().min(1).max(256);
const why = z.string().trim().min(1).max(500).describe('Why, for whoever asks later.');
const broker = z.string().min(1).max(64).describe('The namespace.');
const oneOrAll = { broker: broker.optional().describe('The namespace; every active one when it is not said.') };
const scope = {
  ...oneOrAll,
  strategy_id: short.optional().describe('Only this strategy.'),
  instrument: short.optional().describe('Only this instrument, by its symbol or token.'),
  why,
};
const ofLetters = {
  topic: short.describe('The topic of the letters, with or without its .dlq.'),
  offsets: z.array(z.int().nonnegative()).min(1).max(OFFSETS_MAX),
  again: z.boolean().default(false).describe('Also letters that were settled before.'),
  why,
};

type Sent = Readonly<{ why: string; broker?: string | undefined }>;

export function commandRoutes(options: CommandOptions): readonly Route[] {
  const writer = new Writer(options);
  return [
    ...controlRoutes(writer),
    ...otherRoutes(writer),
    ...letterRoutes(writer),
    acknowledgeRoute(writer, options.alerts),
  ];
}

function controlRoutes(writer: Writer): readonly Route[] {
  const up = { role: 'risk', stepUp: true, status: 202, answer: contract.ordered } as const;
  const down = { ...up, role: 'operator', stepUp: false } as const;
  const one = z.strictObject({ broker, why });
  return [
    define('POST', `${API}/control/arm`, 'Lets a broker take orders.', {
      ...up,
      body: one,
      handle: async (asked) => writer.order(asked, { kind: 'arm', broker: asked.body.broker }),
    }),
    define('POST', `${API}/control/disarm`, 'Takes a broker out until it is armed again.', {
      ...down,
      body: one,
      handle: async (asked) => writer.order(asked, { kind: 'disarm', broker: asked.body.broker }),
    }),
    define('POST', `${API}/control/kill`, 'Halts every broker, or one, or a part of it.', {
      ...down,
      body: z.strictObject({
        ...scope,
        flatten: z.boolean().default(false).describe('Also end every position in the scope, at market.'),
      }),
      handle: async (asked) =>
        writer.order(asked, { kind: 'kill', flatten: asked.body.flatten, ...scopeOf(asked.body) }),
    }),
    define('POST', `${API}/control/release`, 'Lets orders through again after a kill or a breach.', {
      ...up,
      body: z.strictObject(scope),
      handle: async (asked) => writer.order(asked, { kind: 'release', ...scopeOf(asked.body) }),
    }),
  ];
}

function otherRoutes(writer: Writer): readonly Route[] {
  const switching = (kind: 'enable' | 'disable', summary: string): Route =>
    define('POST', `${API}/strategies/{strategy_id}/${kind}`, summary, {
      role: 'operator',
      status: 202,
      answer: contract.ordered,
      body: z.strictObject({ ...oneOrAll, why }),
      handle: async (asked) => {
        const { parameter: strategyId, body } = asked;
        return writer.order(asked, { kind, strategyId, broker: body.broker });
      },
    });
  return [
    define('POST', `${API}/limits`, 'Another value for a limit of the risk gate.', {
      role: 'risk',
      stepUp: true,
      status: 202,
      answer: contract.ordered,
      body: z.strictObject({
        ...oneOrAll,
        strategy_id: scope.strategy_id,
        limit: short.describe('Its name, as alpha-panda limits show has it.'),
        value: short,
        why,
      }),
      handle: async (asked) => {
        const { limit: name, value } = asked.body;
        return writer.order(asked, { kind: 'limit', name, value, ...scopeOf(asked.body) });
      },
    }),
    switching('enable', 'Switches a deployment on.'),
    switching('disable', 'Switches a deployment off.'),
  ];
}

function letterRoutes(writer: Writer): readonly Route[] {
  const common = { role: 'operator', status: 202, answer: contract.settled } as const;
  return [
    define('POST', `${API}/dead-letters/replay`, 'Sends the messages of dead letters again.', {
      ...common,
      body: z.strictObject({
        ...ofLetters,
        set: z.array(short).max(32).default([]).describe('Fields to change first, such as data.quantity=10.'),
      }),
      handle: async (asked) => writer.settle(asked, asked.body),
    }),
    define('POST', `${API}/dead-letters/discard`, 'Notes of dead letters that they need nothing more.', {
      ...common,
      body: z.strictObject(ofLetters),
      handle: async (asked) => writer.settle(asked, { ...asked.body, set: undefined }),
    }),
  ];
}

function acknowledgeRoute(writer: Writer, alerts: Alerts): Route {
  return define(
    'POST',
    `${API}/alerts/{alert_id}/acknowledge`,
    'Somebody looks after an alert: it is not told again.',
    {
      role: 'operator',
      answer: contract.alert,
      body: z.strictObject({ why }),
      handle: async (asked) =>
        writer.run(asked, async () => acknowledge(alerts, asked.caller, asked.parameter, asked.body.why)),
    },
  );
}

/** Does once what is ordered, and writes down who ordered it. */
class Writer {
  readonly #audit: GateOptions['audit'];
  readonly #commands: Commands | undefined;
  readonly #once: Once | undefined;
  readonly #nowMs: () => number;
  readonly #limiter = new RateLimiter(ORDERS);

  constructor({ writing, audit, now, nowMs }: CommandOptions) {
    this.#audit = audit;
    this.#nowMs = nowMs;
    this.#commands = writing?.commands;
    this.#once = writing && new Once(writing.answers, now);
  }

  async order(asked: Asked<unknown, Sent>, command: Command): Promise<object> {
    const { caller, body } = asked;
    if (caller.brokers !== undefined && body.broker === undefined) {
      throw new ProblemError(403, `expected broker, one of ${caller.brokers.join(', ')}; the others are not yours`);
    }
    if (!DOWN.has(command.kind)) this.#slowly(asked);
    return this.run(asked, async (commands, order) => {
      const brokers = await commands.order(command, order);
      return { request_id: order.requestId, brokers: [...brokers] };
    });
  }

  async settle(asked: Asked<unknown, Sent>, letters: Letters): Promise<object> {
    demandTopic(asked.caller, letters.topic);
    this.#slowly(asked);
    return this.run(asked, async (commands, order) => {
      const { settled, leftOut } = await commands.settle(letters, order);
      return { request_id: order.requestId, topic: letters.topic, settled: [...settled], left_out: leftOut };
    });
  }

  #slowly({ caller, reply }: Asked<unknown, Sent>): void {
    const wait = this.#limiter.take(caller.name, this.#nowMs());
    if (wait === 0) return;
    void reply.header('retry-after', `${wait}`);
    const { burst, perSecond } = ORDERS;
    const most = `at most ${burst} orders at once and ${perSecond} a second of ${caller.name}`;
    throw new ProblemError(429, `expected ${most}; wait ${wait} s. A kill is always taken`);
  }

  async run(asked: Asked<unknown, Sent>, work: (commands: Commands, order: Order) => Promise<object>): Promise<object> {
    const [commands, once] = [this.#commands, this.#once];
    if (commands === undefined || once === undefined) {
      throw new ProblemError(403, 'nothing asks who calls here, so nothing is ordered; use alpha-panda');
    }
    return once.run(asked, async (requestId) => {
      const { caller, body, request } = asked;
      const answer = await work(commands, { who: caller.name, why: body.why, requestId });
      const route = `${request.method} ${request.url}`;
      this.#audit('Ordered', { who: caller.name, from: request.ip, route, ...body, request_id: requestId });
      return answer;
    });
  }
}

type ScopeSent = Sent & Readonly<{ strategy_id?: string | undefined; instrument?: string | undefined }>;

function scopeOf({ broker: of, strategy_id: strategyId, instrument }: ScopeSent) {
  return { broker: of, strategyId, instrument };
}
