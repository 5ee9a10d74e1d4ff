// What a person should look at, the most serious first: what happened, what to do, and who looks after it.
import { call, type Item } from '../api/client.ts';
import { useApi } from '../api/queries.ts';
import { count, instant, words } from '../format.ts';
import { CommandButton } from '../parts/command.tsx';
import { BrokerChoice, Choice, useParam } from '../parts/filters.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { Time } from '../parts/values.tsx';
import { Link, to } from '../router.tsx';

type Alert = Item<'GET /api/v1/alerts'>;

const SEVERITIES = ['critical', 'error', 'warning'];
const STATES = ['firing', 'acknowledged', 'resolved'];

export function Alerts() {
  const [broker, state] = [useParam('broker'), useParam('state')];
  const query = { broker, state: STATES.find((each) => each === state) as Alert['state'] | undefined, limit: 1_000 };
  const alerts = useApi('GET /api/v1/alerts', { query }, 5_000);
  const shown = alerts.data?.items
    .filter((alert) => state !== undefined || alert.state !== 'resolved')
    .toSorted((a, b) => rank(a) - rank(b) || (a.last_at < b.last_at ? 1 : -1));
  return (
    <>
      <div className="page-head">
        <h1>Alerts</h1>
        <div className="filters">
          <BrokerChoice />
          <Choice name="state" label="State" all="Open ones" values={STATES} />
        </div>
      </div>
      <Panel title={`${shown === undefined ? 'Alerts' : `${shown.length} alerts`}, the most serious first (IST)`}>
        <Shown of={{ ...alerts, data: shown }} empty="Nothing that a person should look at.">
          {(items) => (
            <ol className="entries">
              {items.map((alert) => (
                <AlertItem key={alert.id} alert={alert} />
              ))}
            </ol>
          )}
        </Shown>
      </Panel>
    </>
  );
}

function AlertItem({ alert }: { readonly alert: Alert }) {
  const { id, code, severity, state, broker, subject, text, remedy, since, last_at: lastAt, acknowledged } = alert;
  return (
    <li className={state === 'firing' ? `alert-${severity}` : ''}>
      <div className="entry-head">
        <span className={`tag ${severity === 'warning' ? 'tag-warn' : 'tag-bad'}`}>{severity}</span>
        <h3>{words(code)}</h3>
        <span className="quiet">
          {broker ?? 'platform'} · {subject}
        </span>
        <span className="entry-end quiet">
          since <Time at={since} />
          {alert.count > 1 ? `, ${count(alert.count)} times` : ''}
        </span>
      </div>
      <p>{text}</p>
      <p className="quiet">To do: {remedy}.</p>
      {acknowledged === null ? null : (
        <p className="quiet">
          <span className="tag tag-plain">acknowledged</span> by {acknowledged.who} on {instant(acknowledged.at)}:{' '}
          {acknowledged.why}
        </p>
      )}
      {state === 'resolved' ? (
        <p className="quiet">
          <span className="tag tag-good">ended</span>{' '}
          {alert.resolved_at === null ? instant(lastAt) : instant(alert.resolved_at)}
        </p>
      ) : null}
      <div className="actions">
        {state === 'firing' ? (
          <CommandButton
            label={
              <>
                Acknowledge<span className="hidden"> {words(code)}</span>
              </>
            }
            title="Acknowledge an alert"
            action="Acknowledge"
            role="operator"
            run={async (why, idempotencyKey) =>
              call(
                'POST /api/v1/alerts/{alert_id}/acknowledge',
                { path: { alert_id: id }, body: { why } },
                { idempotencyKey },
              )
            }
          >
            You look after it: nobody is told of it again unless it ends and begins anew.
          </CommandButton>
        ) : null}
        <Link className="entry-link" href={to('/runbook', { code })}>
          Runbook<span className="hidden"> of {words(code)}</span>
        </Link>
      </div>
    </li>
  );
}

/** What nobody looks after comes before what somebody does, and what has ended last. */
function rank({ state, severity }: Alert): number {
  return STATES.indexOf(state) * SEVERITIES.length + SEVERITIES.indexOf(severity);
}
