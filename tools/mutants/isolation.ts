// Mistakes that would let one namespace reach another: a wrong topic, a shared map, a filter that is gone, a broker that was
// swapped. Each is one exact replacement, and the tests that have to notice it.
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** Words of the paths of the tests that must fail. */
  readonly tests: readonly string[];
  /** The tests want the real servers. */
  readonly services?: true;
}

const CASCADE = 'src/engine/cascade.ts';
const DECODE = 'src/wire/decode.ts';
const TAINT = ['test/e2e/taint'];

const wire: readonly Mutant[] = [
  {
    name: 'topics of all namespaces share one map of names',
    file: 'src/wire/topics.ts',
    from: 'let names = NAMES.get(broker);',
    to: 'let names = [...NAMES.values()][0];',
    tests: ['src/wire/topics'],
  },
  {
    name: 'a namespace begins without the dot that ends it',
    file: 'src/wire/topics.ts',
    from: 'return `${broker}.`;',
    to: 'return broker;',
    tests: ['src/wire/topics'],
  },
  {
    name: 'envelopes of all namespaces share one map of texts',
    file: 'src/wire/envelope.ts',
    from: 'let kinds = KINDS.get(broker);',
    to: 'let kinds = [...KINDS.values()][0];',
    tests: ['src/wire/decode', 'src/wire/encode'],
  },
  {
    name: 'an envelope of another broker is taken',
    file: DECODE,
    from: 'if (broker !== carrier.broker) return brokerMismatch(topic, carrier, broker);',
    to: '',
    tests: ['src/wire/decode', 'src/wire/encode'],
  },
  {
    name: 'data that name another broker are taken',
    file: DECODE,
    from: 'if (stray !== undefined) return brokerMismatch(topic, carrier, stray);',
    to: '',
    tests: ['src/wire/decode', 'src/wire/encode'],
  },
  {
    name: 'an id of a broker may hold a dot',
    file: 'src/core/ids.ts',
    from: 'const BROKER_ID = /^[a-z][a-z0-9]*',
    to: 'const BROKER_ID = /^[a-z][a-z0-9.]*',
    tests: ['src/core/ids'],
  },
  {
    name: 'ids are derived without the broker',
    file: 'src/core/ids.ts',
    from: 'const before = `/${stage}.${broker}.`;',
    to: 'const before = `/${stage}.all.`;',
    tests: ['src/core/ids'],
  },
  {
    name: 'keys of all namespaces begin alike',
    file: 'src/wire/keys.ts',
    from: "return ['alpha-panda', broker, ...parts.map(escape)]",
    to: "return ['alpha-panda', 'all', ...parts.map(escape)]",
    tests: ['src/wire/keys'],
  },
  {
    name: 'a part of a key may end it',
    file: 'src/wire/keys.ts',
    from: '...parts.map(escape)]',
    to: '...parts]',
    tests: ['src/wire/keys'],
  },
];

const engine: readonly Mutant[] = [
  {
    name: 'a message goes to the first namespace',
    file: CASCADE,
    from: 'const namespace = this.namespace(event.broker);',
    to: 'const namespace = this.#active[0];',
    tests: TAINT,
  },
  {
    name: 'a report of a broker goes to the first namespace',
    file: CASCADE,
    from: 'const namespace = this.namespace(broker);\n    if (namespace === undefined) return false;\n    this.#moveTo',
    to: 'const namespace = this.#active[0];\n    if (namespace === undefined) return false;\n    this.#moveTo',
    tests: ['src/engine/cascade'],
  },
  {
    name: 'a namespace is restored from the state of another',
    file: CASCADE,
    from: 'const kept = this.#dormant.get(terms.broker);',
    to: 'const kept = [...this.#dormant.values()][0];',
    tests: ['src/engine/cascade'],
  },
  {
    name: 'books of two namespaces wait for the commit under one name',
    file: 'src/engine/book-shelves.ts',
    from: 'this.#waiting.set(`${row.broker}/${row.id}`, row);',
    to: 'this.#waiting.set(row.id, row);',
    tests: ['src/engine/book-shelves'],
  },
  {
    name: 'a book is taken from the shelf of another namespace',
    file: 'src/engine/book-shelves.ts',
    from: "this.#store.row('shelf', broker, id);",
    to: "this.#store.rows('shelf').find((row) => row.id === id)?.value;",
    tests: ['src/engine/book-shelves'],
  },
  {
    name: 'a message under the wrong topic halts every namespace',
    file: 'src/engine/intake.ts',
    from: "action: 'namespace_halted',\n      subject: broker,",
    to: "action: 'namespace_halted',\n      subject: 'global',",
    tests: ['test/e2e/bad-messages'],
  },
  {
    name: 'a kill of one broker kills all',
    file: 'src/engine/control.ts',
    from: 'brokers.filter((one) => broker === undefined || one === broker)',
    to: 'brokers.filter(() => true)',
    tests: ['src/engine/kill'],
  },
  {
    name: 'a failed check of one broker keeps all from trading',
    file: 'src/engine/health.ts',
    from: 'result.passed || result.broker !== broker',
    to: 'result.passed',
    tests: ['src/engine/health'],
  },
  {
    name: 'a service writes to namespaces that it does not serve',
    file: 'src/engine/service-producer.ts',
    from: "if (parsed.scope === 'broker' && !brokers.includes(parsed.broker)) {",
    to: "if (parsed.scope === 'broker' && brokers.length === 0) {",
    tests: ['src/engine/stream-service', 'src/engine/service-producer'],
  },
  {
    name: 'messages that cross from two namespaces get one id',
    file: 'src/engine/service-producer.ts',
    from: 'const crossing = isBrokerId(cause.broker) && cause.broker !== broker;',
    to: 'const crossing = false;',
    tests: ['src/engine/stream-service', 'src/engine/service-producer'],
  },
  {
    name: 'a service keeps values of namespaces that it does not serve',
    file: 'src/engine/service-context.ts',
    from: 'if (isBrokerId(broker) && brokers.includes(broker))',
    to: 'if (isBrokerId(broker))',
    tests: ['src/engine/stream-service', 'src/engine/service-producer'],
  },
];

const core: readonly Mutant[] = [
  {
    name: 'a control of one broker is taken on the topic of another',
    file: 'src/core/risk/control-check.ts',
    from: "if (scope.kind === 'broker' && scope.broker !== broker) {",
    to: "if (scope.kind === 'broker' && scope.broker === '') {",
    tests: ['src/core/risk', 'src/wire/decode'],
  },
  {
    name: 'an order leaves by the route of another namespace',
    file: 'src/core/execution/router.ts',
    from: 'const route = this.#routes.get(order.broker);',
    to: 'const route = [...this.#routes.values()][0];',
    tests: ['src/core/execution/router'],
  },
  {
    name: 'a strategy runs in namespaces that it was not deployed to',
    file: 'src/core/strategy/runner.ts',
    from: 'const mine = deployments.filter(({ brokers }) => brokers.includes(this.#broker));',
    to: 'const mine = deployments.filter(({ brokers }) => brokers.length > 0 && this.#broker);',
    tests: TAINT,
  },
];

const shell: readonly Mutant[] = [
  {
    name: 'the account of the first namespace answers for all',
    file: 'src/app/gateways.ts',
    from: 'this.#held.find(({ account }) => account.broker === broker)?.account',
    to: 'this.#held.find(({ account }) => account.broker.length > 0 || broker)?.account',
    tests: ['src/app/namespaces'],
  },
  {
    name: 'an order of control for one broker is left for all',
    file: 'src/app/controls.ts',
    from: 'if (active.some((id) => id === broker)) return [broker];',
    to: 'if (active.some((id) => id === broker)) return active;',
    tests: ['src/cli'],
  },
  {
    name: 'a setting of one namespace is read for all',
    file: 'src/app/config/resolve-brokers.ts',
    from: 'const inherited = sources.values[section][field];\n  const name = brokerSettingName(id, field);',
    to: "const inherited = sources.values[section][field];\n  const name = brokerSettingName('paper' || id, field);",
    tests: ['src/app/config/resolve-brokers'],
  },
  {
    name: 'what a rehearsal is given counts the strategies of all namespaces',
    file: 'src/app/plan.ts',
    from: '(deployments.filter(({ brokers }) => brokers.includes(broker)).length * startingCash)',
    to: '(deployments.filter(({ brokers }) => brokers.length > 0 || broker).length * startingCash)',
    tests: ['src/app/namespaces'],
  },
  {
    name: 'snapshots of one namespace make another one fresh',
    file: 'src/app/freshness.ts',
    from: 'return this.#snapshotAt.get(broker) ?? this.#beganAt;',
    to: 'return [...this.#snapshotAt.values()].at(-1) ?? (broker && this.#beganAt) as EpochMs;',
    tests: ['src/app/namespaces'],
  },
];

const stores: readonly Mutant[] = [
  {
    name: 'a row is found in another namespace',
    file: 'src/adapters/sqlite/store-queries.ts',
    from: "'SELECT value FROM views WHERE kind = ? AND broker = ? AND id = ?'",
    to: "'SELECT value FROM views WHERE kind = ? AND ? IS NOT NULL AND id = ?'",
    tests: ['test/contracts'],
  },
  {
    name: 'rows of all namespaces are given for one',
    file: 'src/adapters/sqlite/store-queries.ts',
    from: '${select} AND broker = ? ORDER BY id',
    to: '${select} AND ? IS NOT NULL ORDER BY id',
    tests: ['test/contracts'],
  },
  {
    name: 'a topic of a namespace goes through the user of the first one',
    file: 'src/adapters/kafka/by-namespace.ts',
    from: 'own.get(parsed.broker)',
    to: '[...own.values()][0]',
    tests: ['src/adapters/kafka/by-namespace'],
  },
];

/** On the real servers: what they are told to keep apart. */
const servers: readonly Mutant[] = [
  {
    name: 'messages of a namespace are the rows of everybody',
    file: 'src/adapters/postgres/commit-statements.ts',
    from: "return parsed.scope === 'broker' ? parsed.broker : MARKET;",
    to: "return parsed.scope === 'broker' ? MARKET : MARKET;",
    tests: ['postgres-access'],
    services: true,
  },
  {
    name: 'rows of other namespaces are the market’s to a role',
    file: 'src/adapters/postgres/migrations.ts',
    from: "FOR SELECT USING (broker = 'market')",
    to: "FOR SELECT USING (broker <> 'system')",
    tests: ['postgres-isolation'],
    services: true,
  },
  {
    name: 'a user may do on the topics of every namespace what it may on its own',
    file: 'src/adapters/kafka/access.ts',
    from: 'resourceName: namespacePrefix(broker), resourcePatternType: PREFIXED',
    to: "resourceName: '*', resourcePatternType: LITERAL",
    tests: ['kafka-access'],
    services: true,
  },
];

export const MUTANTS: readonly Mutant[] = [...wire, ...engine, ...core, ...shell, ...stores, ...servers];
