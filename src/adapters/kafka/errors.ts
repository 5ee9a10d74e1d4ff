// What the brokers and the client library say, as errors of the log port: what was wanted, what was found, what to do.
// Texts of the library are not repeated for authentication, where they could hold what was sent.
import { GenericError, MultipleErrors } from '@platformatic/kafka';
import { LogError } from '#ports/event-log.ts';

const CREATE_TOPICS = 'create what is missing with: alpha-panda topics bootstrap';

/** What Node says of a certificate that it does not trust. */
const CERTIFICATE = /^(?:.*_CERT(?:_.*)?|CERT_.*|UNABLE_TO_.*|ERR_TLS_.*)$/;

/** An error of the library as one of ours; `wanted` ends the sentence "could not ...". */
export function logError(error: unknown, wanted: string, servers: readonly string[]): LogError {
  if (error instanceof LogError) return error;
  const found = codesOf(error);
  const at = servers.join(', ');
  const has = (...codes: readonly string[]): boolean => codes.some((code) => found.has(code));
  const refused = has('SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM');
  // A connection that went away while it signed in has been refused by nobody.
  if (refused || (has('PLT_KFK_AUTHENTICATION') && !has('PLT_KFK_NETWORK'))) {
    const remedy = 'Check the name, the password and the mechanism.';
    return new LogError(
      'AUTHENTICATION',
      `Could not ${wanted}: the brokers at ${at} refuse the credentials. ${remedy}`,
    );
  }
  if (has('TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED')) {
    const remedy = "The ACLs of the brokers must allow it to this process's user.";
    return new LogError('NOT_ALLOWED', `Could not ${wanted}: the brokers at ${at} do not allow it. ${remedy}`, error);
  }
  if (has('REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID')) {
    const text = `Could not ${wanted}: the members of the group are deciding who reads what.`;
    return new LogError('REBALANCING', text, error);
  }
  if (has('UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'UNKNOWN_TOPIC')) {
    return new LogError('MISSING_TOPIC', `Could not ${wanted}: the topic does not exist; ${CREATE_TOPICS}.`, error);
  }
  if (has('MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE')) {
    const remedy = 'Raise max.message.bytes of the topic, or send less.';
    return new LogError('TOO_LARGE', `Could not ${wanted}: a message is larger than its topic takes. ${remedy}`, error);
  }
  const distrust = [...found].find((code) => CERTIFICATE.test(code));
  if (distrust !== undefined) {
    const remedy = 'Name the authority that signed it in REDPANDA__TLS_CA_FILE, and the brokers as it names them.';
    const text = `Could not ${wanted}: the certificate of the brokers at ${at} is not trusted (${distrust}). ${remedy}`;
    return new LogError('UNREACHABLE', text, error);
  }
  if (has('PLT_KFK_NETWORK', 'PLT_KFK_TIMEOUT', 'BROKER_NOT_AVAILABLE', 'REQUEST_TIMED_OUT', 'LEADER_NOT_AVAILABLE')) {
    const remedy =
      'Check that they run, that REDPANDA__BOOTSTRAP_SERVERS names them and whether they want REDPANDA__TLS.';
    return new LogError('UNREACHABLE', `Could not ${wanted}: the brokers at ${at} do not answer. ${remedy}`, error);
  }
  if (has('PLT_KFK_UNSUPPORTED_API', 'UNSUPPORTED_VERSION')) {
    const remedy = 'Use Kafka 3.9 or later, or Redpanda.';
    return new LogError('FAILED', `Could not ${wanted}: the brokers at ${at} are too old for it. ${remedy}`, error);
  }
  if (has('INVALID_REPLICATION_FACTOR', 'NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND')) {
    const remedy = 'Start the others, or ask for fewer copies with: alpha-panda topics bootstrap --replication N.';
    const text = `Could not ${wanted}: at ${at} there are fewer brokers than copies are needed. ${remedy}`;
    return new LogError('FAILED', text, error);
  }
  const text = error instanceof Error ? error.message : String(error);
  return new LogError('FAILED', `Could not ${wanted}: ${text} (brokers at ${at}).`, error);
}

export function missingTopic(topic: string): LogError {
  return new LogError('MISSING_TOPIC', `The topic ${topic} does not exist; ${CREATE_TOPICS}.`);
}

export function closedLog(): LogError {
  return new LogError('CLOSED', 'the log was closed: open it again to use it');
}

/** Whether the offset that was asked for is not held: retention has passed it, or it was never given. */
export function isOutOfRange(error: unknown): boolean {
  return codesOf(error).has('OFFSET_OUT_OF_RANGE');
}

/** The codes of an error and of everything inside it. */
function codesOf(error: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (!(error instanceof Error)) return found;
  if ('code' in error && typeof error.code === 'string') found.add(error.code);
  if (error instanceof GenericError || error instanceof MultipleErrors) {
    for (const code of [error.code, error['apiId']]) if (typeof code === 'string') found.add(code);
    // The library's answer to metadata of a topic that is not there has no code of its own.
    if (error.message.startsWith('Unknown topic ')) found.add('UNKNOWN_TOPIC');
  }
  if (error instanceof AggregateError) for (const inner of error.errors) codesOf(inner, found);
  return codesOf(error.cause, found);
}
