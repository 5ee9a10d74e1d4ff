// Every namespace side by side with what it may do, what each stage does, and what was just filled or refused.
import { useApi } from '../api/queries.ts';
import { Panel, Shown } from '../parts/states.tsx';
import { Reasons } from '../parts/reasons.tsx';
import { StageStrip } from '../parts/stage-strip.tsx';
import { useRates } from '../parts/rates.ts';
import { useRecentFills, useRecentRefusals } from '../parts/recent.ts';
import { Instrument, Money, Side, Time, WhyLink } from '../parts/values.tsx';
import { NamespaceCard } from '../parts/namespace-card.tsx';
import { Link } from '../router.tsx';

const SHOWN = 8;

export function Overview() {
  const brokers = useApi('GET /api/v1/brokers', {}, 5_000);
  const portfolios = useApi('GET /api/v1/portfolios', { query: { limit: 1_000 } }, 5_000);
  const positions = useApi('GET /api/v1/positions', { query: { limit: 1_000 } }, 10_000);
  const control = useApi('GET /api/v1/control', {}, 5_000);
  const { rates } = useRates();
  const names = (brokers.data?.items ?? []).map(({ broker }) => broker);
  return (
    <>
      <h1 className="hidden">Overview</h1>
      <Shown of={brokers}>
        {({ items }) => (
          <div className="namespaces">
            {items.map((broker) => (
              <NamespaceCard
                key={broker.broker}
                broker={broker}
                control={control.data?.items ?? []}
                books={(portfolios.data?.items ?? []).filter((book) => book.broker === broker.broker)}
                positions={(positions.data?.items ?? []).filter((line) => line.broker === broker.broker).length}
                rates={rates}
              />
            ))}
          </div>
        )}
      </Shown>
      <Panel title="Pipeline" aside={<Link href="/pipeline">Stages, lag and checks</Link>}>
        <StageStrip brokers={names} rates={rates} />
      </Panel>
      <div className="halves">
        <RefusalsPanel brokers={names} />
        <FillsPanel brokers={names} />
      </div>
    </>
  );
}

function RefusalsPanel({ brokers }: { readonly brokers: readonly string[] }) {
  const refusals = useRecentRefusals(brokers, SHOWN);
  return (
    <Panel title="Refused just now" aside={<Link href="/signals?outcome=rejected">All refusals</Link>}>
      {refusals === undefined ? <p className="quiet loading">Reading…</p> : null}
      {refusals?.length === 0 ? <p className="quiet empty">No signal was refused.</p> : null}
      <ol className="activity">
        {refusals?.map((signal) => (
          <li key={signal.signal_id}>
            <Time at={signal.decided_at} />
            <div>
              <Instrument symbol={signal.symbol} token={signal.instrument_token} /> <Side side={signal.side} />{' '}
              {signal.quantity}{' '}
              <span className="quiet">
                {signal.broker} · {signal.strategy_id}
              </span>
              <Reasons reasons={signal.reasons} />
            </div>
            <WhyLink id={signal.correlation_id} focus={signal.signal_id} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function FillsPanel({ brokers }: { readonly brokers: readonly string[] }) {
  const fills = useRecentFills(brokers, SHOWN);
  return (
    <Panel title="Filled just now" aside={<Link href="/orders?state=filled">All filled orders</Link>}>
      {fills === undefined ? <p className="quiet loading">Reading…</p> : null}
      {fills?.length === 0 ? <p className="quiet empty">Nothing was filled yet.</p> : null}
      <ol className="activity">
        {fills?.map((fill) => (
          <li key={fill.fill_id}>
            <Time at={fill.ts} />
            <div>
              <Instrument symbol={fill.symbol} token={fill.instrument_token} /> <Side side={fill.side} />{' '}
              {fill.quantity} at <Money value={fill.fill_price} />{' '}
              <span className="quiet">
                {fill.broker} · {fill.strategy_id}
              </span>
            </div>
            <WhyLink id={fill.correlation_id} focus={fill.fill_id} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}
