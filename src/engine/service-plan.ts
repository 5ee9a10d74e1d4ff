// Whether the description of a service holds together, asked before it runs: a mistake that waits for its first message
// is found at the worst time.
import { groupId, PIPELINE } from './pipeline.ts';
import { ServiceError } from './service-error.ts';
import { knownTopic, writableTopic } from './service-producer.ts';
import { type ConsumerHandler, type ServicePlan } from './stream-service.ts';

const NAME = /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*$/;
const NAME_LENGTH_MAX = 40;
const GROUP = /^[A-Za-z0-9._-]{1,249}$/;

/** Throws `ServiceError` for the first thing that is wrong. */
export function checkPlan(plan: ServicePlan): void {
  checkName(plan.name);
  checkMeans(plan);
  for (const consumer of plan.consumers) checkConsumer(plan, consumer);
  const topics = plan.consumers.flatMap((consumer) => consumer.topics);
  const twice = topics.find((topic, index) => topics.indexOf(topic) !== index);
  if (twice !== undefined) {
    const advice = 'handle it in one place, or build a second service under another name';
    throw new ServiceError(
      'TOPIC_TWICE',
      `${plan.name} takes ${twice} twice, and both would send under the same ids; ${advice}`,
    );
  }
  for (const { handler, sends } of plan.starters) checkSends(plan, 'its start', handler, sends);
}

/** One letter is how an id names a stage of the platform, so a service's name is longer. */
function checkName(name: string): void {
  if (name.length >= 2 && name.length <= NAME_LENGTH_MAX && NAME.test(name)) return;
  const expected = `2 to ${NAME_LENGTH_MAX} lower-case letters and digits, words joined by _, such as echo_signal`;
  throw new ServiceError('BAD_NAME', `expected the name of a service: ${expected}, found ${JSON.stringify(name)}`);
}

function checkMeans({ name, settings, keyValue, producer, consumers, starters }: ServicePlan): void {
  if (keyValue && settings.keyValue === undefined) {
    throw new ServiceError(
      'KEY_VALUE_MISSING',
      `${name} needs a key-value port, found none; put keyValue into its settings`,
    );
  }
  if (consumers.length === 0 && starters.length === 0 && !producer) {
    throw new ServiceError(
      'NOTHING_TO_DO',
      `${name} needs addConsumerHandler, onStart or addProducer, found none of them`,
    );
  }
}

function checkConsumer(plan: ServicePlan, consumer: ConsumerHandler): void {
  const { brokers } = plan.settings;
  const { groupId: group, topics, handler, sends } = consumer;
  if (!GROUP.test(group)) {
    const example = `${plan.settings.groupIdPrefix}.${plan.name}.orders`;
    throw new ServiceError(
      'BAD_NAME',
      `expected the name of a consumer group, such as ${example}, found ${JSON.stringify(group)}`,
    );
  }
  const owner = stageOf(plan.settings.groupIdPrefix, group);
  if (owner !== undefined && owner !== plan.name) {
    throw new ServiceError(
      'GROUP_RESERVED',
      `the group ${group} belongs to ${owner} and keeps its position; give this one the name ${plan.name} in its place`,
    );
  }
  if (topics.length === 0) {
    throw new ServiceError(
      'NO_TOPICS',
      `the handler of ${group} needs at least one topic, found none; are any brokers active?`,
    );
  }
  for (const topic of topics) knownTopic(topic, brokers);
  checkSends(plan, group, handler, sends);
}

function stageOf(prefix: string, group: string): string | undefined {
  return PIPELINE.find(({ name, groups }) => groups.some(({ purpose }) => groupId(prefix, name, purpose) === group))
    ?.name;
}

function checkSends(plan: ServicePlan, where: string, handler: unknown, sends: readonly string[] | undefined): void {
  if (!plan.producer && (sends !== undefined || namesProducer(handler))) {
    throw new ServiceError(
      'PRODUCER_NOT_ADDED',
      `the handler of ${where} sends, and ${plan.name} has no producer; add .addProducer() before .build()`,
    );
  }
  for (const topic of sends ?? []) writableTopic(topic, plan.settings.brokers);
}

/** A handler that does not declare what it sends gives itself away by its text; one that hides it is refused when it runs. */
function namesProducer(handler: unknown): boolean {
  return /\bproducer\b/.test(String(handler));
}
