// What the user of one namespace may do on the brokers, as ACLs: read and write the topics of that namespace, read the ticks
// of the market, and keep offsets under group names of its own. It makes, changes and deletes nothing.
import {
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes,
  type Acl,
  type Admin,
} from '@platformatic/kafka';
import { type BrokerId } from '#core/ids.ts';
import { MARKET_TICKS, namespacePrefix } from '#wire/topics.ts';
import { type KafkaConnection } from './settings.ts';
import { withAdmin } from './topics.ts';

export interface NamespaceUser {
  readonly broker: BrokerId;
  readonly username: string;
}

export interface AccessReport {
  /** What was allowed now, as sentences. */
  readonly created: readonly string[];
  /** What these users may do beyond it; it is left as it is. */
  readonly beyond: readonly string[];
}

const { TOPIC, GROUP } = ResourceTypes;
const { PREFIXED, LITERAL } = ResourcePatternTypes;
const { READ, WRITE, DESCRIBE } = AclOperations;

/** Allows each user what its namespace needs, once, and tells what it was allowed by others. */
export async function bootstrapAccess(
  connection: KafkaConnection,
  users: readonly NamespaceUser[],
): Promise<AccessReport> {
  if (users.length === 0) return { created: [], beyond: [] };
  return withAdmin(connection, 'allow the users of namespaces their topics', async (admin) => {
    const wanted = users.flatMap((user) => aclsOf(user));
    const found = (await Promise.all(users.map(({ username }) => allowedTo(admin, username)))).flat();
    const missing = without(wanted, found);
    if (missing.length > 0) await admin.createAcls({ creations: missing });
    return { created: missing.map(sentence), beyond: without(found, wanted).map(sentence) };
  });
}

function aclsOf({ broker, username }: NamespaceUser): Acl[] {
  const allow = (target: Pick<Acl, 'resourceType' | 'resourceName' | 'resourcePatternType'>, operation: Operation) => ({
    ...target,
    principal: `User:${username}`,
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  });
  const topics = { resourceType: TOPIC, resourceName: namespacePrefix(broker), resourcePatternType: PREFIXED };
  const groups = { ...topics, resourceType: GROUP };
  const market = { resourceType: TOPIC, resourceName: MARKET_TICKS, resourcePatternType: LITERAL };
  return [
    ...[READ, WRITE, DESCRIBE].map((operation) => allow(topics, operation)),
    ...[READ, DESCRIBE].map((operation) => allow(groups, operation)),
    ...[READ, DESCRIBE].map((operation) => allow(market, operation)),
  ];
}

type Operation = Acl['operation'];

async function allowedTo(admin: Admin, username: string): Promise<Acl[]> {
  const filter = {
    resourceType: ResourceTypes.ANY,
    resourceName: null,
    resourcePatternType: ResourcePatternTypes.ANY,
    principal: `User:${username}`,
    host: null,
    operation: AclOperations.ANY,
    permissionType: AclPermissionTypes.ALLOW,
  };
  const found = await admin.describeAcls({ filter });
  return found.flatMap(({ acls, ...target }) => acls.map((acl) => ({ ...target, ...acl })));
}

function without(acls: readonly Acl[], others: readonly Acl[]): Acl[] {
  const there = new Set(others.map(sentence));
  return acls.filter((acl) => !there.has(sentence(acl)));
}

/** `User:paper may READ topics that begin with paper.` */
function sentence({ principal, host, operation, resourceType, resourceName, resourcePatternType }: Acl): string {
  const kind = nameOf(ResourceTypes, resourceType).toLowerCase();
  const what =
    resourcePatternType === PREFIXED ? `${kind}s that begin with ${resourceName}` : `the ${kind} ${resourceName}`;
  const from = host === '*' ? '' : ` from ${host}`;
  return `${principal} may ${nameOf(AclOperations, operation)} ${what}${from}`;
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? `${value}`;
}
