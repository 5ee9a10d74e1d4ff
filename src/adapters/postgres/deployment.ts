// The parts of a deployment, in a schema of their own beside the store of each part.
import {
  FELLOWS_GROUP,
  OUTBOX_TOPIC,
  SIGNED_TOPIC,
  type Deployment,
  type PartName,
  type PartProgress,
} from '#ports/deployment.ts';
import { StoreError } from '#ports/store.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { demandMigrated, migrate } from './migrate.ts';
import { AUDIT_STATEMENTS, type Migration } from './migrations.ts';
import { DEFAULT_SCHEMA, placeOf, type Place } from './place.ts';
import { readError, ServerFailure, writeError } from './postgres-error.ts';

/** The schema that says which parts there are. */
export const DEPLOYMENT_SCHEMA = `${DEFAULT_SCHEMA}_deployment`;
/** How many stages a pipeline has. */
const STAGES = 5;
const WHOLE_INPUTS = `${DEFAULT_SCHEMA}.inputs`;

/** The secret is made by the server out of its strong random numbers, and only the owner may read it. */
export const DEPLOYMENT_MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: 'deployment',
    statements: [
      `CREATE TABLE deployment (
         one boolean PRIMARY KEY DEFAULT true CHECK (one), id uuid NOT NULL DEFAULT gen_random_uuid(),
         secret bytea NOT NULL)`,
      `INSERT INTO deployment (secret)
         VALUES (sha256(decode(replace(concat(gen_random_uuid(), gen_random_uuid(), gen_random_uuid()), '-', ''), 'hex')))`,
      'CREATE TABLE parts (stage text PRIMARY KEY, part text NOT NULL)',
    ],
  },
  // One trail for all parts.
  { number: 2, name: 'audit', statements: AUDIT_STATEMENTS },
];

const LOCK_PARTS = 'LOCK TABLE parts IN EXCLUSIVE MODE';
/** All of its stages or none: a part that is refused must not keep others out. */
const ENTER = `INSERT INTO parts SELECT unnest($1::text[]), $2
  WHERE NOT EXISTS (SELECT 1 FROM parts WHERE stage = ANY ($1::text[])) ON CONFLICT (stage) DO NOTHING`;

export interface DeploymentOptions extends ConnectionOptions {
  /** The group under which a part's publisher keeps its places. */
  readonly outboxGroup: string;
  /** Makes the tables where they are missing. */
  readonly migrates: boolean;
}

/** The schema that holds the store of a part. */
export function schemaOfPart(part: string): string {
  return `${DEFAULT_SCHEMA}_${part}`;
}

/** Opens the deployment of a database. Throws `StoreError`. */
export function openPostgresDeployment(url: string, options: DeploymentOptions): PostgresDeployment {
  const place = placeOf(url, DEPLOYMENT_SCHEMA);
  if (options.migrates) migrate(url, { schema: DEPLOYMENT_SCHEMA, migrations: DEPLOYMENT_MIGRATIONS });
  const connection = new Connection(place, 'deployment', options);
  try {
    demandMigrated(connection, place, DEPLOYMENT_MIGRATIONS);
    return new PostgresDeployment(connection, place, options.outboxGroup);
  } catch (error) {
    connection.close();
    throw readError(error, place);
  }
}

/** The parts of a database's deployment; none where stages never ran apart. Throws `StoreError`. */
export function partsIn(url: string): readonly PartName[] {
  const place = placeOf(url, DEPLOYMENT_SCHEMA);
  const connection = new Connection(place, 'parts');
  try {
    const [isThere] = connection.query("SELECT to_regclass('parts') IS NOT NULL")[0] ?? [];
    return isThere === true ? readParts(connection) : [];
  } catch (error) {
    throw readError(error, place);
  } finally {
    connection.close();
  }
}

class PostgresDeployment implements Deployment {
  readonly id: string;
  readonly secret: Uint8Array;
  readonly #connection: Connection;
  readonly #place: Place;
  readonly #outboxGroup: string;
  #parts: readonly PartName[] = [];

  constructor(connection: Connection, place: Place, outboxGroup: string) {
    this.#connection = connection;
    this.#place = place;
    this.#outboxGroup = outboxGroup;
    const [row] = connection.query<readonly [string, Uint8Array]>('SELECT id::text, secret FROM deployment');
    if (row === undefined) throw new StoreError('DAMAGED', `${place.name} has no deployment. Restore it from a copy.`);
    [this.id, this.secret] = row;
  }

  enter({ part, stages }: PartName): void {
    this.#refuseWhole();
    this.#ask(
      () => this.#connection.transact([{ text: LOCK_PARTS }, { text: ENTER, values: [stages, part] }]),
      writeError,
    );
    for (const entered of this.parts()) {
      const stage = stages.find((each) => entered.stages.includes(each));
      if (stage === undefined || entered.part === part) continue;
      const found = `${stage} belongs to the part ${entered.part} (${entered.stages.join(', ')})`;
      const remedy = `Start the same parts as before, or use another database (DATABASE__POSTGRES_URL).`;
      throw new StoreError('LOCKED', `In ${this.#place.server}, database ${this.#place.database}, ${found}. ${remedy}`);
    }
  }

  /** What one process has done with every stage cannot be shared out. */
  #refuseWhole(): void {
    const isThere = (): boolean =>
      this.#connection.query(`SELECT to_regclass('${WHOLE_INPUTS}') IS NOT NULL`)[0]?.[0] === true;
    if (!this.#ask(isThere, readError)) return;
    const isUsed = (): boolean =>
      this.#connection.query(`SELECT EXISTS (SELECT 1 FROM ${WHOLE_INPUTS})`)[0]?.[0] === true;
    if (!this.#ask(isUsed, readError)) return;
    const found = `${this.#place.server}, database ${this.#place.database}, holds what one process did with every stage`;
    throw new StoreError(
      'LOCKED',
      `${found}. Start without --stages, or use another database (DATABASE__POSTGRES_URL).`,
    );
  }

  parts(): readonly PartName[] {
    return this.#ask(() => readParts(this.#connection), readError);
  }

  look(): readonly PartProgress[] {
    // Once every stage has its part, there will be no others.
    if (this.#parts.reduce((sum, { stages }) => sum + stages.length, 0) < STAGES) this.#parts = this.parts();
    const parts = this.#parts;
    const statements = parts.map(({ part }) => ({ text: progressOf(schemaOfPart(part)), values: [this.#outboxGroup] }));
    if (statements.length === 0) return [];
    const answers = this.#ask(() => this.#connection.ask(statements), readError);
    return parts.map((name, k) => ({ ...name, ...readProgress(answers[k]?.[0] as unknown as ProgressRow) }));
  }

  close(): void {
    this.#connection.close();
  }

  #ask<T>(work: () => T, describe: (error: unknown, place: Place) => unknown): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof ServerFailure ? describe(error, this.#place) : error;
    }
  }
}

function readParts(connection: Connection): readonly PartName[] {
  const rows = connection.query<readonly [string, string]>('SELECT part, stage FROM parts ORDER BY part, stage');
  const stages = new Map<string, string[]>();
  for (const [part, stage] of rows) stages.set(part, [...(stages.get(part) ?? []), stage]);
  return [...stages].map(([part, of]) => ({ part, stages: of }));
}

type ProgressRow = readonly [ticks: number, feed: string, newest: number, places: string];

/** One row of a part's own tables; its schema was made before the part was entered. */
function progressOf(schema: string): string {
  return `SELECT
    coalesce((SELECT first_tick + ticks FROM ${schema}.inputs ORDER BY seq DESC LIMIT 1), 0),
    coalesce((SELECT value FROM ${schema}.views WHERE kind = 'feed' AND broker = 'market' AND indexed = 'position'), '{}'),
    (SELECT last_number FROM ${schema}.writer),
    coalesce((SELECT json_object_agg(topic, "offset") FROM ${schema}.group_offsets
      WHERE consumer_group = '${FELLOWS_GROUP}' OR (consumer_group = $1 AND topic LIKE '${OUTBOX_TOPIC}%')), '{}')::text`;
}

function readProgress([ticks, feed, newest, places]: ProgressRow): Omit<PartProgress, keyof PartName> {
  const { over = false } = JSON.parse(feed) as { readonly over?: boolean };
  const {
    [OUTBOX_TOPIC]: outbox = 0,
    [SIGNED_TOPIC]: signed = 0,
    ...taken
  } = JSON.parse(places) as Record<string, number>;
  return { ticks, over, published: outbox === newest, signed, taken: new Map(Object.entries(taken)) };
}
