// The thread that has the connection: it takes statements from its port, sends them to the server, leaves the answer in the
// port and wakes the thread that waits for it. Its first answer says whether it is connected.
import { workerData } from 'node:worker_threads';
import { Client } from 'pg';
import {
  announce,
  FIRST_NUMBER,
  type Answer,
  type Cell,
  type ConnectionWorkerData,
  type Failure,
  type Outcome,
  type Request,
  type Row,
  type Statement,
} from './exchange.ts';

/** Types of columns, as PostgreSQL numbers them; any other is a text. */
const BOOL = 16;
const INT8 = 20;
const INT4 = 23;
const BYTEA = 17;

const { url, application, connectTimeoutMs, port, state } = workerData as ConnectionWorkerData;
const client = new Client({
  connectionString: url,
  application_name: application,
  connectionTimeoutMillis: connectTimeoutMs,
  keepAlive: true,
  pipeline: true,
  types: { getTypeParser: parserOf },
});
/** Names under which the connection has prepared a text. */
const prepared = new Map<string, string>();
/** Why the connection is gone; whoever asks next is told. */
let lost: Failure | undefined;
client.on('error', (error) => (lost ??= failureOf(error)));

await client.connect().then(
  () => answer(FIRST_NUMBER, { rows: [] }),
  (error: unknown) => answer(FIRST_NUMBER, { failure: failureOf(error) }),
);
port.on('message', (request: Request) => void handle(request));

/** Never rejects: every failure is an answer. */
async function handle({ number, statements, isTransaction }: Request): Promise<void> {
  try {
    if (statements.length === 0) await client.end();
    answer(number, { rows: await (isTransaction ? transact(statements) : runAll(statements)) });
  } catch (error) {
    answer(number, { failure: lost ?? failureOf(error) });
  }
  if (statements.length === 0) port.close();
}

/** COMMIT waits for every answer: a statement that never left this process would be missing in a transaction that succeeds. */
async function transact(statements: readonly Statement[]): Promise<Row[][]> {
  try {
    const [, ...rows] = await runAll([{ text: 'BEGIN' }, ...statements]);
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`);
    return rows;
  } catch (error) {
    await runAll([{ text: 'ROLLBACK' }]).catch((second: unknown) => (lost ??= failureOf(second)));
    throw error;
  }
}

async function runAll(statements: readonly Statement[]): Promise<Row[][]> {
  const outcomes = await Promise.allSettled(statements.map((statement) => run(statement)));
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

async function run({ text, values }: Statement): Promise<Row[]> {
  if (values === undefined) {
    await client.query(text);
    return [];
  }
  let name = prepared.get(text);
  if (name === undefined) prepared.set(text, (name = `s${prepared.size}`));
  return (await client.query<Cell[]>({ name, text, values: [...values], rowMode: 'array' })).rows;
}

function answer(number: number, found: Outcome): void {
  const bytes = 'rows' in found ? found.rows.flat(2).filter((cell) => cell instanceof Uint8Array) : [];
  port.postMessage(
    { ...found, number } satisfies Answer,
    bytes.map(({ buffer }) => buffer as ArrayBuffer),
  );
  announce(state, number);
}

function parserOf(type: number): (text: string) => unknown {
  if (type === INT8) return wholeNumber;
  if (type === BYTEA) return bytesOf;
  return type === INT4 ? Number : type === BOOL ? isTrue : String;
}

function isTrue(text: string): boolean {
  return text === 't';
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new Error(`a number is beyond what is exact: ${text}`);
  return number;
}

/** In memory of their own, so that they can be handed to the other thread without a copy. */
function bytesOf(text: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow((text.length - 2) / 2);
  bytes.write(text.slice(2), 'hex');
  return bytes;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { code, message: error.message === '' ? (code ?? error.name) : error.message };
}
