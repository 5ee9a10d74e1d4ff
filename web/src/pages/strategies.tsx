// The deployed strategies: what they are set to, where each runs, how their equity went, and switching one on or off.
import { useQuery } from '@tanstack/react-query';
import { call, type Item } from '../api/client.ts';
import { useApi } from '../api/queries.ts';
import { instant, words } from '../format.ts';
import { CommandButton } from '../parts/command.tsx';
import { messagesFrom } from '../parts/envelope.ts';
import { BrokerChoice, useParam } from '../parts/filters.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { Gain, Money } from '../parts/values.tsx';
import { Link, to } from '../router.tsx';

type Deployment = Item<'GET /api/v1/strategies'>;
type Runs = Deployment['brokers'][number];

export function Strategies() {
  const read = useApi('GET /api/v1/strategies', {}, 10_000);
  const only = useParam('broker');
  const shown = read.data?.items.filter(
    ({ brokers }) => only === undefined || brokers.some(({ broker }) => broker === only),
  );
  return (
    <>
      <div className="page-head">
        <h1>Strategies</h1>
        <div className="filters">
          <BrokerChoice />
        </div>
      </div>
      <Shown of={{ ...read, data: shown }} empty="Nothing is deployed.">
        {(items) => items.map((each) => <DeploymentPanel key={each.strategy_id} deployment={each} only={only} />)}
      </Shown>
    </>
  );
}

function DeploymentPanel({ deployment, only }: { readonly deployment: Deployment; readonly only: string | undefined }) {
  const { strategy_id: id, strategy, parameters, instruments, brokers } = deployment;
  const set = Object.entries(parameters);
  return (
    <Panel title={id} aside={<Link href={to('/limits', { strategy_id: id })}>Its limits</Link>}>
      <dl className="facts panel-body">
        <div>
          <dt>strategy</dt>
          <dd>{strategy}</dd>
        </div>
        <div>
          <dt>instruments</dt>
          <dd>{typeof instruments === 'string' ? instruments : instruments.join(', ')}</dd>
        </div>
        {set.length === 0 ? (
          <div>
            <dt>parameters</dt>
            <dd>as they come</dd>
          </div>
        ) : null}
        {set.map(([name, value]) => (
          <div key={name}>
            <dt>{words(name)}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
      <ul className="runs">
        {brokers
          .filter(({ broker }) => only === undefined || broker === only)
          .map((runs) => (
            <RunsIn key={runs.broker} id={id} runs={runs} />
          ))}
      </ul>
    </Panel>
  );
}

function RunsIn({ id, runs }: { readonly id: string; readonly runs: Runs }) {
  const { broker, status, who, why } = runs;
  const books = useApi('GET /api/v1/portfolios', { query: { limit: 1_000 } }, 10_000);
  const book = books.data?.items.find((each) => each.broker === broker && each.strategy_id === id);
  return (
    <li>
      <div className="runs-head">
        <h3>{broker}</h3>
        <span className={`tag tag-${status === 'enabled' ? 'good' : 'bad'}`}>{status}</span>
        <span className="quiet">{why === null ? '' : `by ${who ?? 'nobody'}: ${why}`}</span>
      </div>
      <Equity broker={broker} id={id} />
      <dl className="facts">
        <div>
          <dt>equity</dt>
          <dd>
            <Money value={book?.valuation?.equity} />
          </dd>
        </div>
        <div>
          <dt>P&amp;L</dt>
          <dd>
            <Gain value={book?.valuation?.total_pnl} />
          </dd>
        </div>
      </dl>
      <Switch id={id} broker={broker} isOn={status === 'enabled'} />
    </li>
  );
}

function Switch({ id, broker, isOn }: { readonly id: string; readonly broker: string; readonly isOn: boolean }) {
  return (
    <CommandButton
      label={isOn ? 'Switch off' : 'Switch on'}
      title={`Switch ${id} ${isOn ? 'off' : 'on'} in ${broker}`}
      action={isOn ? 'Switch off' : 'Switch on'}
      role="operator"
      run={async (why, idempotencyKey) => {
        const sent = { path: { strategy_id: id }, body: { broker, why } };
        return isOn
          ? call('POST /api/v1/strategies/{strategy_id}/disable', sent, { idempotencyKey })
          : call('POST /api/v1/strategies/{strategy_id}/enable', sent, { idempotencyKey });
      }}
    >
      {isOn ? 'It makes no signals from then on, and what it holds stays as it is.' : 'It makes signals again.'}
    </CommandButton>
  );
}

/** Snapshots of all books of a namespace that are looked through. */
const READ = 1_000;

function Equity({ broker, id }: { readonly broker: string; readonly id: string }) {
  const { data } = useQuery({
    queryKey: ['equity', broker],
    refetchInterval: 30_000,
    queryFn: async () => {
      const topic = `${broker}.pnl.snapshots`;
      const { items } = await call('GET /api/v1/topics', { query: { limit: 1_000 } });
      const range = items.find((each) => each.topic === topic);
      return messagesFrom(topic, Math.max(range?.start ?? 0, (range?.end ?? 0) - READ), READ);
    },
  });
  const points = (data ?? []).flatMap(({ envelope: { type, ts, data: book } }) =>
    type === 'pnl_snapshot' && book['strategy_id'] === id ? [{ ts, equity: Number(book['equity']) }] : [],
  );
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) {
    return <p className="quiet equity-none">Equity is drawn from the second snapshot on.</p>;
  }
  const values = points.map(({ equity }) => equity);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const line = values.map(
    (value, k) => `${(k / (values.length - 1)) * 300},${48 - ((value - low) / (high - low || 1)) * 44}`,
  );
  return (
    <svg className="equity" viewBox="0 0 300 50" preserveAspectRatio="none" role="img">
      <title>{`Equity of ${id} in ${broker} from ${instant(first.ts)} to ${instant(last.ts)}`}</title>
      <polyline points={line.join(' ')} />
    </svg>
  );
}
