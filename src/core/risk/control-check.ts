// Whether a control event makes sense: its scope is one that there is, and whoever lets more through than before says why.
// One that does not is refused where it comes in, because a kill with a misspelt scope would stop nothing.
import { type ControlChanged, type LimitChange } from '../events.ts';
import { LIMIT_ROWS } from './limits.ts';
import { scopeOf } from './states.ts';

/** Actions that name one of the four scopes. */
const SCOPED: readonly string[] = ['armed', 'disarmed', 'killed', 'flatten', 'reducing', 'released', 'limit_changed'];
/** Actions that may let more through than before. */
const NEEDS_WHY: readonly string[] = ['armed', 'released', 'limit_changed'];

/** What is wrong with a control event; undefined when nothing is. */
export function controlTrouble({
  action,
  subject,
  why,
  broker,
}: Pick<ControlChanged, 'action' | 'subject' | 'why' | 'broker'>): string | undefined {
  if (!SCOPED.includes(action)) return undefined;
  const scope = scopeOf(subject);
  if (scope.kind === 'broker' && scope.broker !== broker) {
    return `data.subject: expected global, ${broker}, strategy:ID or instrument:TOKEN, found ${JSON.stringify(subject)}`;
  }
  if (action === 'armed' && scope.kind !== 'broker') {
    return `data.subject: expected ${broker}, because only a broker is armed, found ${JSON.stringify(subject)}`;
  }
  if (NEEDS_WHY.includes(action) && why.trim() === '') return `data.why: expected a reason for ${action}, found none`;
  return undefined;
}

/** What is wrong with where a limit is changed; undefined when nothing is. */
export function limitScopeTrouble({ name }: LimitChange, subject: string): string | undefined {
  const { kind } = scopeOf(subject);
  const row = LIMIT_ROWS.find(({ field }) => field === name);
  if (kind === 'instrument') return `expected a namespace or strategy:ID as the scope of a limit, found ${subject}`;
  if (kind === 'strategy' && row?.of === 'account') {
    return `expected the namespace as the scope, because ${row.name} is of the whole account, found ${subject}`;
  }
  return undefined;
}
