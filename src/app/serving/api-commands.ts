// What is ordered over the API, carried out by the same functions as the commands of the command line, on the store and the
// inbox that the platform has open.
import type { Command, Commands, Letters, Order } from '#api/commands.ts';
import { ProblemError } from '#api/problem.ts';
import type { ControlAction } from '#core/events.ts';
import { SECOND_MS } from '#core/time.ts';
import { deadLetterTopic } from '#wire/topics.ts';
import type { Settings } from '../config/settings-schema.ts';
import { arm, order, setLimit, type Ordered } from '../controls.ts';
import { parseFix } from '../dead-letter-fixes.ts';
import { switchDeployment } from '../deploying.ts';
import type { OpenPlace } from '../place.ts';
import { RequestError } from '../reading/open-store.ts';
import { RefusedError } from '../requests.ts';
import { planDiscard, planReplay, settle } from '../settle-dead-letters.ts';

/** Letters are found by reading their topic, on the pipeline's thread: beyond this the command line does it, on its own. */
const LETTERS_MAX = 5_000;

export function apiCommands(settings: Settings, within: OpenPlace): Commands {
  return {
    order: async (command, given) => asProblem(async () => carryOut(settings, command, { ...given, within })),
    settle: async (letters, given) => asProblem(async () => settleLetters(settings, within, letters, given)),
  };
}

type Given = Order & Pick<Ordered, 'within'>;

async function carryOut(settings: Settings, command: Command, given: Given): Promise<readonly string[]> {
  const ordered = { ...given, ...command };
  switch (command.kind) {
    case 'arm':
      arm(settings, { ...given, broker: command.broker });
      return [command.broker];
    case 'disarm':
      return order(settings, 'disarmed', ordered);
    case 'kill': {
      const actions: readonly ControlAction[] = command.flatten ? ['killed', 'flatten'] : ['killed'];
      return actions.map((action) => order(settings, action, ordered))[0] ?? [];
    }
    case 'release':
      return order(settings, 'released', ordered);
    case 'limit':
      return setLimit(settings, ordered, command.name, command.value);
    case 'enable':
    case 'disable':
      return switchDeployment(settings, { ...given, ...command, action: command.kind });
  }
}

async function settleLetters(
  { activeBrokers: active, brokers }: Settings,
  within: OpenPlace,
  { topic, offsets, again, set }: Letters,
  { who, why }: Order,
): Promise<{ readonly settled: readonly number[]; readonly leftOut: number }> {
  const name = deadLetterTopic(topic);
  const { start, end } = within.store.range(name);
  if (end - start > LETTERS_MAX) {
    throw new ProblemError(409, `${name} holds more than ${LETTERS_MAX} letters; settle them with alpha-panda dlq`);
  }
  const request = { place: within, active, chosen: { topic, offsets: [...new Set(offsets)] }, again, who, why };
  const ttlMsOf = (broker: string): number =>
    (brokers.find(({ id }) => id === broker)?.signalTtlSeconds ?? 0) * SECOND_MS;
  const { settlings, leftOut } =
    set === undefined ? planDiscard(request) : planReplay({ ...request, fixes: set.map(parseFix), ttlMsOf });
  await settle(within, settlings, Infinity, new AbortController().signal);
  return { settled: settlings.map(({ stored }) => stored.offset), leftOut: leftOut.length };
}

/** What the command line answers with 2 or 1, as the API says it. */
async function asProblem<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RequestError) throw new ProblemError(422, error.message);
    if (error instanceof RefusedError) throw new ProblemError(409, error.message);
    throw error;
  }
}
