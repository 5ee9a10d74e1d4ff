// The full life of one order, step by step, and the way to what caused it.
import type { ReactNode } from 'react';
import type { Answer } from '../api/client.ts';
import { useApi } from '../api/queries.ts';
import { words } from '../format.ts';
import { useParam } from '../parts/filters.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { Instrument, Money, Side, Status, Time, WhyLink } from '../parts/values.tsx';

type History = Answer<'GET /api/v1/orders/{order_id}'>;

export function OrderLife() {
  const id = useParam('id') ?? '';
  const history = useApi('GET /api/v1/orders/{order_id}', { path: { order_id: id } }, 5_000);
  return (
    <>
      <div className="page-head">
        <h1>Order</h1>
        <code className="quiet">{id}</code>
      </div>
      <Shown of={history}>{(found) => <Life {...found} />}</Shown>
    </>
  );
}

/** The root of an id is what stands before its first step. */
export function rootOf(id: string): string {
  return id.split('/')[0] ?? id;
}

function Life({ order, steps }: History) {
  return (
    <>
      <Panel title="What it is" aside={<WhyLink id={rootOf(order.order_id)} focus={order.order_id} />}>
        <dl className="facts panel-body">
          <Fact name="State">
            <Status status={order.status} />
          </Fact>
          <Fact name="Instrument">
            <Instrument symbol={order.symbol} token={order.instrument_token} />
          </Fact>
          <Fact name="Side">
            <Side side={order.side} />
          </Fact>
          <Fact name="Filled">
            {order.filled_quantity} of {order.quantity}
          </Fact>
          <Fact name="Average">
            <Money value={order.average_price} />
          </Fact>
          <Fact name="Fees">
            <Money value={order.fees} />
          </Fact>
          <Fact name="Type">
            {order.order_type} {order.product}, {order.purpose}
          </Fact>
          <Fact name="Namespace">{order.broker}</Fact>
          <Fact name="Strategy">{order.strategy_id}</Fact>
        </dl>
      </Panel>
      <Panel title="Its life (IST)">
        <ol className="chain">
          {steps.map((step, k) => (
            <li key={`${step.at} ${step.event} ${k}`} className={toneOf(step.event)}>
              <Time at={step.at} exact />
              <div>
                <h3>{words(step.event)}</h3>
                <dl className="facts">
                  <Fact name="Quantity">{step.quantity}</Fact>
                  <Fact name="Type">{step.order_type}</Fact>
                  {step.limit_price === null ? null : (
                    <Fact name="Limit">
                      <Money value={step.limit_price} />
                    </Fact>
                  )}
                  {step.trigger_price === null ? null : (
                    <Fact name="Trigger">
                      <Money value={step.trigger_price} />
                    </Fact>
                  )}
                  {step.fill_price === null ? null : (
                    <Fact name="Filled at">
                      <Money value={step.fill_price} />
                    </Fact>
                  )}
                </dl>
                {step.message === null ? null : <p>{step.message}</p>}
              </div>
            </li>
          ))}
        </ol>
      </Panel>
    </>
  );
}

function toneOf(event: string): string {
  if (/filled/.test(event)) return 'chain-good';
  return /failed|refused|rejected|expired/.test(event) ? 'chain-bad' : '';
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
