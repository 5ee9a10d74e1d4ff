// Who did what, newest first, and whether the trail is as it was written.
import type { Answer, Item } from '../api/client.ts';
import { useApi, useList } from '../api/queries.ts';
import { count, instant, words } from '../format.ts';
import { Choice, useParam } from '../parts/filters.tsx';
import { SearchBox } from '../parts/search.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { MoreButton } from '../parts/table.tsx';
import { Time } from '../parts/values.tsx';

type Entry = Item<'GET /api/v1/audit'>;
type Verification = Answer<'GET /api/v1/audit-verification'>;

const KINDS = [
  'ordered',
  'control_changed',
  'signed_in',
  'signing_in_failed',
  'a_request_was_refused',
  'order_submitted',
  'order_filled',
  'order_failed',
  'a_webhook_was_taken',
  'a_webhook_was_refused',
  'platform_started',
  'platform_stopped',
];
/** What tells most of a body, in the order in which it is read. */
const TOLD = [
  'who',
  'name',
  'route',
  'action',
  'subject',
  'why',
  'from',
  'side',
  'quantity',
  'fill_price',
  'instrument_token',
  'strategy_id',
  'message',
];

export function Audit() {
  const query = { kind: useParam('kind'), search: useParam('search'), sort: 'newest', limit: 50 };
  const entries = useList('GET /api/v1/audit', query, 10_000);
  const verification = useApi('GET /api/v1/audit-verification', {}, 3_000);
  return (
    <>
      <div className="page-head">
        <h1>Audit</h1>
        <div className="filters">
          <Choice name="kind" label="Kind" all="Every kind" values={KINDS} />
          <SearchBox name="search" label="Text" />
        </div>
      </div>
      <Panel title="Verification">
        <Shown of={verification}>{(found) => <Verified found={found} />}</Shown>
      </Panel>
      <Panel title="Newest first (IST)">
        <Shown
          of={{ ...entries, data: entries.items }}
          empty={entries.hasNextPage ? 'Nothing in what was looked at.' : 'No entry is like this.'}
        >
          {(items) => (
            <ol className="entries" aria-label="Entries of the audit trail">
              {items.map((entry) => (
                <EntryItem key={entry.seq} entry={entry} />
              ))}
            </ol>
          )}
        </Shown>
        <MoreButton list={entries} />
      </Panel>
    </>
  );
}

function Verified({ found }: { readonly found: Verification }) {
  const { state, entries, checked, hash, broken, checked_at: at } = found;
  if (state === 'broken') {
    return (
      <p className="notice notice-bad" role="alert">
        The trail is not what was written: {broken}. Up to entry {count(checked)} it is sound.
      </p>
    );
  }
  return (
    <div className="verified panel-body">
      <p>
        <span className={`tag ${state === 'sound' ? 'tag-good' : 'tag-plain'}`}>{state}</span> {count(checked)} of{' '}
        {count(entries)} entries
        {at === null ? '' : `, checked on ${instant(at)}`}
      </p>
      {hash === null ? null : (
        <p className="quiet">
          Hash of entry {count(checked)}: <code className="hash">{hash}</code>
        </p>
      )}
    </div>
  );
}

function EntryItem({ entry }: { readonly entry: Entry }) {
  const { seq, at, kind, source, body, hash } = entry;
  return (
    <li>
      <div className="entry-head">
        <Time at={at} exact />
        <h3>{words(kind)}</h3>
        <span className="entry-end quiet">
          {source === null ? '' : `${source.topic} ${source.offset} · `}
          {count(seq)}
        </span>
      </div>
      <p>{toldOf(body)}</p>
      <details>
        <summary>
          All of it<span className="hidden"> in entry {seq}</span>
        </summary>
        <pre>{pretty(body)}</pre>
        <p className="quiet">
          <code className="hash">{hash}</code>
        </p>
      </details>
    </li>
  );
}

function toldOf(body: string): string {
  const read = parsed(body);
  if (typeof read !== 'object' || read === null) return '';
  const whole = read as Readonly<Record<string, unknown>>;
  const inner = { ...whole, ...(whole['data'] as object | undefined) } as Readonly<Record<string, unknown>>;
  return TOLD.flatMap((name) => {
    const value = inner[name];
    return typeof value === 'string' || typeof value === 'number' ? [`${words(name)} ${value}`] : [];
  }).join(', ');
}

function pretty(body: string): string {
  const read = parsed(body);
  return read === undefined ? body : JSON.stringify(read, undefined, 2);
}

/** Undefined for what is no JSON: it is shown as it stands. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
