// A real Kafka on this machine: nodes that are broker and controller in one, on free ports of the loopback interface,
// with a folder of their own that goes when they are stopped.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../services/free-port.ts';
import { ServerProcess, type Missing } from '../services/service.ts';
import { brokerJars } from './jars.ts';

export interface DevBrokerOptions {
  /** How many nodes; topics are copied to all of them. Default 1. */
  readonly nodes?: number;
  /** Asks for SASL with these names and passwords, and lets only `superUsers` do what no ACL allows. */
  readonly users?: Readonly<Record<string, string>>;
  /** How they sign in. Default PLAIN. */
  readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  /** A file in PEM with a key and its certificate: the way to clients is encrypted with it. */
  readonly tlsFile?: string;
  readonly superUsers?: readonly string[];
  /** A second way in for clients, by way of a relay; only for a node that asks nobody who they are. */
  readonly relayed?: boolean;
  /** Further lines of the servers' properties. */
  readonly properties?: readonly string[];
}

const run = promisify(execFile);
const CLUSTER_ID = 'alphapandadevbroker000';
const STARTS_WITHIN_MS = 60_000;

/** Clients come to the port of a relay, which has to bring them to that of the node. */
export interface Relayed {
  readonly port: number;
  readonly target: number;
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  readonly relayed: Relayed | undefined;
  readonly folder: string;
}

/** Formats and starts the nodes; resolves when all of them answer. */
export async function startBroker(options: DevBrokerOptions = {}): Promise<DevBroker | Missing> {
  const jars = brokerJars();
  if (typeof jars !== 'string') return jars;
  const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-kafka-'));
  const broker = new DevBroker(jars, folder, await makeNodes(folder, options), scramArguments(options));
  try {
    await broker.format();
    await broker.start();
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return broker;
}

export class DevBroker {
  readonly #jars: string;
  readonly #folder: string;
  readonly #nodes: readonly Node[];
  readonly #processes = new Map<number, ServerProcess>();
  readonly #formatting: readonly string[];

  /** `formatting` are further arguments of the tool that prepares a node's folder. */
  constructor(jars: string, folder: string, nodes: readonly Node[], formatting: readonly string[]) {
    this.#formatting = formatting;
    this.#jars = jars;
    this.#folder = folder;
    this.#nodes = nodes;
  }

  /** `host:port` of every node. */
  get bootstrapServers(): readonly string[] {
    return this.#nodes.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** The way in by a relay, when it was asked for. */
  get relayed(): Relayed | undefined {
    return this.#nodes[0]?.relayed;
  }

  /** Prepares the folders of the nodes, once. */
  async format(): Promise<void> {
    for (const { folder } of this.#nodes) {
      const args = ['format', '-t', CLUSTER_ID, '-c', join(folder, 'server.properties'), ...this.#formatting];
      await run('java', this.#arguments('128m', 'kafka.tools.StorageTool', args));
    }
  }

  /** Starts the nodes that do not run, on the ports and the data they had; of all or of one. */
  async start(id?: number): Promise<void> {
    const heap = this.#nodes.length > 1 ? '256m' : '512m';
    const stopped = this.#nodes.filter((node) => (id ?? node.id) === node.id && !this.#processes.has(node.id));
    const starting = stopped.map((node) => {
      const args = this.#arguments(heap, 'kafka.Kafka', [join(node.folder, 'server.properties')]);
      const process = new ServerProcess('java', args, this.#folder);
      this.#processes.set(node.id, process);
      return process.waitUntil(() => listens(node.port), STARTS_WITHIN_MS);
    });
    await Promise.all(starting);
  }

  /** Ends nodes and leaves their data: cleanly, or as `kill -9` does. */
  async halt(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM', id?: number): Promise<void> {
    const ending = [...this.#processes].filter(([node]) => (id ?? node) === node);
    await Promise.all(ending.map(([, process]) => process.end(signal)));
    for (const [node] of ending) this.#processes.delete(node);
  }

  /** Ends everything and removes the data, which makes waiting for a clean end pointless. */
  async stop(): Promise<void> {
    await this.halt('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #arguments(heap: string, main: string, args: readonly string[]): string[] {
    const config = join(this.#folder, 'log4j2.properties');
    const flags = [`-Xmx${heap}`, '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${config}`];
    return [...flags, '-cp', join(this.#jars, '*'), main, ...args];
  }
}

async function makeNodes(folder: string, options: DevBrokerOptions): Promise<readonly Node[]> {
  const nodes: Node[] = [];
  for (let id = 1; id <= (options.nodes ?? 1); id++) {
    const relayed = options.relayed === true ? { port: await freePort(), target: await freePort() } : undefined;
    const [port, controllerPort] = [await freePort(), await freePort()];
    nodes.push({ id, port, controllerPort, relayed, folder: join(folder, `${id}`) });
  }
  writeFileSync(join(folder, 'log4j2.properties'), LOGGING);
  for (const node of nodes) {
    mkdirSync(node.folder);
    writeFileSync(join(node.folder, 'server.properties'), [...basics(node, nodes), ...access(options)].join('\n'));
  }
  return nodes;
}

const LOGGING = `rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c{1}: %m%n
`;

function basics(node: Node, nodes: readonly Node[]): readonly string[] {
  const copies = nodes.length;
  const synchronous = Math.max(1, copies - 1);
  const relayed = (end: keyof Relayed): string =>
    node.relayed === undefined ? '' : `,RELAYED://127.0.0.1:${node.relayed[end]}`;
  return [
    'process.roles=broker,controller',
    `node.id=${node.id}`,
    `listeners=CLIENTS://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}${relayed('target')}`,
    `advertised.listeners=CLIENTS://127.0.0.1:${node.port}${relayed('port')}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=CLIENTS',
    `controller.quorum.voters=${nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',')}`,
    `log.dirs=${join(node.folder, 'log')}`,
    'auto.create.topics.enable=false',
    'group.initial.rebalance.delay.ms=0',
    // One place for the offsets of groups: fifty, the default, cost a start three seconds.
    'offsets.topic.num.partitions=1',
    'transaction.state.log.num.partitions=1',
    'share.coordinator.state.topic.num.partitions=1',
    ...['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'].map(
      (name) => `${name}.replication.factor=${copies}`,
    ),
    `transaction.state.log.min.isr=${synchronous}`,
    `share.coordinator.state.topic.min.isr=${synchronous}`,
    `default.replication.factor=${copies}`,
    `min.insync.replicas=${synchronous}`,
  ];
}

/** Who may come in. Without users everybody; with them the first superuser is also who the nodes are to each other. */
function access(options: DevBrokerOptions): readonly string[] {
  const { users, superUsers = [], properties = [], mechanism = 'PLAIN', tlsFile } = options;
  const encryption = tlsFile === undefined ? [] : encrypted(tlsFile);
  const protocol = tlsFile === undefined ? 'PLAINTEXT' : 'SSL';
  if (users === undefined) {
    return [
      `listener.security.protocol.map=CONTROLLER:PLAINTEXT,RELAYED:PLAINTEXT,CLIENTS:${protocol}`,
      ...encryption,
      ...properties,
    ];
  }
  const [own = Object.keys(users)[0] ?? ''] = superUsers;
  const isPlain = mechanism === 'PLAIN';
  const known = isPlain ? Object.entries(users).map(([name, password]) => `user_${name}="${password}"`) : [];
  const login = `username="${own}" password="${users[own] ?? ''}" ${known.join(' ')}`;
  const loginModule = isPlain ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
  return [
    `listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENTS:SASL_${protocol}`,
    ...encryption,
    `sasl.enabled.mechanisms=${mechanism}`,
    `sasl.mechanism.inter.broker.protocol=${mechanism}`,
    `listener.name.clients.${mechanism.toLowerCase()}.sasl.jaas.config=org.apache.kafka.common.security.${loginModule} required ${login};`,
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // Nodes meet on the controllers' port without a name.
    `super.users=${[...superUsers, 'ANONYMOUS'].map((name) => `User:${name}`).join(';')}`,
    ...properties,
  ];
}

/** Users of SCRAM stand in the metadata of the cluster, and are there before its first start. */
function scramArguments({ users = {}, mechanism = 'PLAIN' }: DevBrokerOptions): readonly string[] {
  if (mechanism === 'PLAIN') return [];
  return Object.entries(users).flatMap(([name, password]) => {
    return ['--add-scram', `${mechanism}=[name=${name},password=${password}]`];
  });
}

function encrypted(file: string): readonly string[] {
  const stores = ['keystore', 'truststore'] as const;
  return stores.flatMap((store) => [`ssl.${store}.type=PEM`, `ssl.${store}.location=${file}`]);
}

/** Whether something listens: a node opens its port only when it is ready to serve. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
