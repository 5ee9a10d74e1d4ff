// The price of an instrument with every signal and fill of it drawn where it happened.
import { useEffect, useRef } from 'react';
import { useApi } from '../api/queries.ts';
import { exactClock } from '../format.ts';
import { BrokerChoice, useParam } from '../parts/filters.tsx';
import { PriceChart } from '../parts/price-chart.ts';
import { Panel, Shown } from '../parts/states.tsx';
import { Money, Side, Time, WhyLink } from '../parts/values.tsx';
import { useRecentFills, useRecentRefusals } from '../parts/recent.ts';
import { setParam, useAddress } from '../router.tsx';

const MINUTES = 800;
/** The newest of each namespace that are looked through for those of the instrument. */
const LOOKED_AT = 500;
const LISTED = 40;

export function Chart() {
  const address = useAddress();
  const instruments = useApi('GET /api/v1/instruments', { query: { limit: 1_000 } }, 10_000);
  const items = instruments.data?.items ?? [];
  const chosen = useParam('instrument');
  const known = items.find(({ symbol, instrument_token: token }) => symbol === chosen || `${token}` === chosen);
  const shown = known ?? (chosen === undefined ? items[0] : undefined);
  return (
    <>
      <div className="page-head">
        <h1>{shown?.symbol ?? 'Chart'}</h1>
        {shown === undefined ? null : (
          <span className="price">
            <Money value={shown.last_price} />{' '}
            <small>{shown.ts === null ? '' : `minute of ${exactClock(shown.ts).slice(0, 5)} IST`}</small>
          </span>
        )}
        <div className="filters">
          <BrokerChoice />
          <select
            aria-label="Instrument"
            value={shown === undefined ? '' : `${shown.instrument_token}`}
            onChange={(event) => setParam(address, 'instrument', event.target.value)}
          >
            {shown === undefined ? <option value="">Instrument</option> : null}
            {items.map(({ instrument_token: token, symbol }) => (
              <option key={token} value={token}>
                {symbol}
              </option>
            ))}
          </select>
        </div>
      </div>
      <Shown of={instruments}>
        {() =>
          shown === undefined ? (
            <p className="notice">There is no such instrument here; choose one above.</p>
          ) : (
            <InstrumentChart key={shown.instrument_token} token={shown.instrument_token} symbol={shown.symbol} />
          )
        }
      </Shown>
    </>
  );
}

function InstrumentChart({ token, symbol }: { readonly token: number; readonly symbol: string }) {
  const candles = useApi('GET /api/v1/candles', { query: { instrument: `${token}`, limit: MINUTES } }, 3_000);
  const brokers = useBrokers();
  const fills = useRecentFills(brokers, LOOKED_AT)?.filter((fill) => fill.instrument_token === token) ?? [];
  const refusals = useRecentRefusals(brokers, LOOKED_AT)?.filter((each) => each.instrument_token === token) ?? [];
  return (
    <>
      <Panel title="Minutes (IST)">
        <Shown of={{ ...candles, data: candles.data?.items }} empty="No tick of this instrument yet.">
          {(items) => <Canvas symbol={symbol} candles={items} fills={fills} refusals={refusals} />}
        </Shown>
        <p className="legend">
          <span>▲ bought, ▼ sold, ■ refused</span>
          <a href="https://www.tradingview.com/" rel="noreferrer">
            Charts by TradingView, Lightweight Charts
          </a>
        </p>
      </Panel>
      <Panel title="Its fills">
        {fills.length === 0 ? <p className="quiet empty">None among the newest.</p> : null}
        <ol className="activity">
          {fills.slice(0, LISTED).map((fill) => (
            <li key={fill.fill_id}>
              <Time at={fill.ts} exact />
              <div>
                <Side side={fill.side} /> {fill.quantity} at <Money value={fill.fill_price} />{' '}
                <span className="quiet">
                  {fill.broker} · {fill.strategy_id}
                </span>
              </div>
              <WhyLink id={fill.correlation_id} focus={fill.fill_id} />
            </li>
          ))}
        </ol>
      </Panel>
    </>
  );
}

function useBrokers(): readonly string[] {
  const { data } = useApi('GET /api/v1/brokers');
  const only = useParam('broker');
  return only === undefined ? (data?.items ?? []).map(({ broker }) => broker) : [only];
}

type CanvasProps = { readonly symbol: string } & Parameters<PriceChart['show']>[0];

function Canvas({ symbol, ...shown }: CanvasProps) {
  const ref = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart>(undefined);
  useEffect(() => {
    if (ref.current === null) return undefined;
    const made = new PriceChart(ref.current);
    chart.current = made;
    return () => made.remove();
  }, []);
  useEffect(() => chart.current?.show(shown));
  return <div ref={ref} className="chart" role="img" aria-label={`Price of ${symbol}, minute by minute`} />;
}
