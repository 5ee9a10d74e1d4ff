// What was logged, newest first: by channel, level, namespace and text, followed as it grows or held still.
import { useState } from 'react';
import type { Item } from '../api/client.ts';
import { useList } from '../api/queries.ts';
import { BrokerChoice, Choice, useParam } from '../parts/filters.tsx';
import { SearchBox } from '../parts/search.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { MoreButton } from '../parts/table.tsx';
import { Time } from '../parts/values.tsx';
import { setParam, useAddress } from '../router.tsx';

type LogRecord = Item<'GET /api/v1/logs'>;

const CHANNELS = [
  'application',
  'trading',
  'market_data',
  'database',
  'api',
  'audit',
  'performance',
  'error',
  'monitoring',
];
const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];
const FOLLOW_MS = 2_000;
/** Held still: it is read again when somebody asks. */
const STILL_MS = 3_600_000;
const TONES: Readonly<Record<string, string>> = { WARNING: 'tag-warn', ERROR: 'tag-bad', CRITICAL: 'tag-bad' };

export function Logs() {
  const [follows, setFollows] = useState(true);
  const query = {
    channel: useParam('channel'),
    level: useParam('level'),
    broker: useParam('broker'),
    search: useParam('search'),
    correlation_id: useParam('correlation_id'),
    limit: 100,
  };
  const logs = useList('GET /api/v1/logs', query, follows ? FOLLOW_MS : STILL_MS);
  return (
    <>
      <div className="page-head">
        <h1>Logs</h1>
        <div className="filters">
          <Choice name="channel" label="Channel" all="Warnings of every channel" values={CHANNELS} />
          <Choice name="level" label="Least level" all="Every level" values={LEVELS} />
          <BrokerChoice />
          <SearchBox name="search" label="Text" />
          <button type="button" aria-pressed={follows} onClick={() => setFollows(!follows)}>
            Follow
          </button>
        </div>
      </div>
      <Cause />
      <Panel title="Newest first (IST)">
        <Shown
          of={{ ...logs, data: logs.items }}
          empty={logs.hasNextPage ? 'Nothing in what was looked at.' : 'Nothing is like this.'}
        >
          {(items) => (
            <ol className="entries log" aria-label="Log records">
              {keyed(items).map(({ key, record }) => (
                <LogItem key={key} record={record} />
              ))}
            </ol>
          )}
        </Shown>
        <MoreButton list={logs} />
      </Panel>
    </>
  );
}

/** With keys that stay when newer records come before them; the oldest of those that are alike is the first. */
function keyed(records: readonly LogRecord[]) {
  const seen = new Map<string, number>();
  const oldestFirst = records.toReversed().map((record) => {
    const text = `${record.ts} ${record.component} ${record.event}`;
    const before = seen.get(text) ?? 0;
    seen.set(text, before + 1);
    return { key: `${text} ${before}`, record };
  });
  return oldestFirst.toReversed();
}

/** What the records have to follow from, and the way back to all of them. */
function Cause() {
  const address = useAddress();
  const id = address.params.get('correlation_id') ?? '';
  if (id === '') return null;
  return (
    <p className="notice cause">
      <span>
        Only what follows from <code>{id}</code>
      </span>
      <button type="button" onClick={() => setParam(address, 'correlation_id', '')}>
        Show all
      </button>
    </p>
  );
}

function LogItem({ record }: { readonly record: LogRecord }) {
  const { ts, level, component, broker, event, fields } = record;
  const pairs = Object.entries(fields);
  return (
    <li>
      <div className="entry-head">
        <Time at={ts} exact />
        {level === null ? null : <span className={`tag ${TONES[level] ?? 'tag-plain'}`}>{level}</span>}
        <span className="quiet">
          {component}
          {broker === null ? '' : ` · ${broker}`}
        </span>
      </div>
      <p>{event}</p>
      {pairs.length === 0 ? null : (
        <details>
          <summary>
            {pairs.length} more<span className="hidden"> about {event}</span>
          </summary>
          <dl className="log-fields">
            {pairs.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{typeof value === 'string' ? value.replaceAll('\\n', '\n') : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </li>
  );
}
