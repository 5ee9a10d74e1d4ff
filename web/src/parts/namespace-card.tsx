// One namespace at a glance: its mode, whether it trades, its money, and what a person may do with it.
import { call, type Item } from '../api/client.ts';
import { clock, count, sumOf } from '../format.ts';
import { Link, to } from '../router.tsx';
import { CommandButton } from './command.tsx';
import { ModeBadge, modeOf, StateTag, stateOf, type BrokerLine, type ControlLine, type ControlState } from './mode.tsx';
import type { Rates } from './rates.ts';
import { Gain, Money } from './values.tsx';

type Book = Item<'GET /api/v1/portfolios'>;

interface CardProps {
  readonly broker: BrokerLine;
  readonly control: readonly ControlLine[];
  readonly books: readonly Book[];
  readonly positions: number;
  readonly rates: Rates;
}

export function NamespaceCard({ broker, control, books, positions, rates }: CardProps) {
  const { broker: name, status } = broker;
  const state = stateOf(name, control);
  const letters = rates.topics
    .filter(({ topic }) => topic.startsWith(`${name}.`) && topic.endsWith('.dlq'))
    .reduce((sum, { end }) => sum + end, 0);
  return (
    <section className={`namespace namespace-${modeOf(broker, state)}`} aria-label={`Namespace ${name}`}>
      <header>
        <h2>
          <Link href={to('/portfolio', { broker: name })}>{name}</Link>
        </h2>
        <ModeBadge broker={broker} state={state} />
      </header>
      <p className="namespace-state">
        {status === 'inactive' ? null : <StateTag state={state} />}
        <span className={`tag tag-${status === 'ready' ? 'good' : status === 'inactive' ? 'plain' : 'bad'}`}>
          {status === 'ready' ? 'ready' : status === 'inactive' ? 'not traded by this start' : 'not ready'}
        </span>
      </p>
      <BookNumbers books={books} />
      <ul className="counts">
        <Counter value={positions} name="positions" href={to('/portfolio', { broker: name })} />
        <Counter
          value={rates.endOf(`${name}.orders.filled`)}
          name="fills"
          href={to('/orders', { broker: name, state: 'filled' })}
        />
        <Counter
          value={rates.endOf(`${name}.signals.rejected`)}
          name="refusals"
          href={to('/signals', { broker: name, outcome: 'rejected' })}
        />
        <Counter value={letters} name="dead letters" href={to('/dead-letters', { broker: name })} warns />
      </ul>
      {status === 'inactive' ? null : <Actions name={name} mode={broker.mode} state={state} />}
    </section>
  );
}

/** Exact sums over the books of the namespace. */
function BookNumbers({ books }: { readonly books: readonly Book[] }) {
  const valued = books.flatMap(({ valuation }) => (valuation === null ? [] : [valuation]));
  const isWhole = valued.length === books.length && books.length > 0;
  const sum = (of: (each: (typeof valued)[number]) => string): string | undefined => {
    return isWhole ? sumOf(valued.map(of)) : undefined;
  };
  const asOf = valued.map(({ ts }) => ts).reduce((oldest, ts) => (ts < oldest ? ts : oldest), valued[0]?.ts ?? '');
  return (
    <dl className="numbers">
      <div className="number-main">
        <dt>Equity{isWhole ? ` at ${clock(asOf)}` : books.length > 0 ? ', not valued yet' : ''}</dt>
        <dd data-value="equity">
          <Money value={sum(({ equity }) => equity)} />
        </dd>
      </div>
      <div className="number-main">
        <dt>P&amp;L of the day</dt>
        <dd data-value="day-pnl">
          <Gain value={sum(({ day_pnl: pnl }) => pnl)} />
        </dd>
      </div>
      <div>
        <dt>Cash</dt>
        <dd data-value="cash">
          <Money value={books.length === 0 ? undefined : sumOf(books.map(({ cash }) => cash))} />
        </dd>
      </div>
      <div>
        <dt>Realised</dt>
        <dd data-value="realised">
          <Gain value={books.length === 0 ? undefined : sumOf(books.map(({ realised_pnl: pnl }) => pnl))} />
        </dd>
      </div>
      <div>
        <dt>Unrealised</dt>
        <dd>
          <Gain value={sum(({ unrealised_pnl: pnl }) => pnl)} />
        </dd>
      </div>
      <div>
        <dt>Fees</dt>
        <dd data-value="fees">
          <Money value={books.length === 0 ? undefined : sumOf(books.map(({ fees }) => fees))} />
        </dd>
      </div>
    </dl>
  );
}

interface CounterProps {
  readonly value: number;
  readonly name: string;
  readonly href: string;
  readonly warns?: boolean;
}

function Counter({ value, name, href, warns }: CounterProps) {
  return (
    <li>
      <Link href={href} className={warns === true && value > 0 ? 'counter-warns' : ''}>
        <b>{count(value)}</b> {name}
      </Link>
    </li>
  );
}

interface ActionProps {
  readonly name: string;
  readonly mode: BrokerLine['mode'];
  readonly state: ControlState;
}

function Actions({ name: broker, mode, state }: ActionProps) {
  const money = mode === 'live' ? ' Orders go to Kite with real money.' : ' Its orders are simulated.';
  return (
    <div className="actions">
      {state === 'disarmed' ? (
        <CommandButton
          label="Arm"
          title={`Arm ${broker}`}
          action={mode === 'live' ? 'Arm with real money' : 'Arm'}
          role="risk"
          stepUp
          danger={mode === 'live'}
          run={async (why, idempotencyKey) =>
            call('POST /api/v1/control/arm', { body: { broker, why } }, { idempotencyKey })
          }
        >
          {broker} takes orders from then on.{money}
        </CommandButton>
      ) : (
        <CommandButton
          label="Disarm"
          title={`Disarm ${broker}`}
          action="Disarm"
          role="operator"
          run={async (why, idempotencyKey) =>
            call('POST /api/v1/control/disarm', { body: { broker, why } }, { idempotencyKey })
          }
        >
          {broker} sends nothing but cancels until it is armed again.
        </CommandButton>
      )}
      {state === 'halted' ? (
        <CommandButton
          label="Release"
          title={`Release ${broker}`}
          action="Release"
          role="risk"
          stepUp
          run={async (why, idempotencyKey) =>
            call('POST /api/v1/control/release', { body: { broker, why } }, { idempotencyKey })
          }
        >
          Orders are taken again in {broker}.{money}
        </CommandButton>
      ) : (
        <KillOne broker={broker} />
      )}
    </div>
  );
}

function KillOne({ broker }: { readonly broker: string }) {
  return (
    <CommandButton
      label="Kill and flatten"
      title={`Kill ${broker} and end its positions`}
      action="Kill and flatten"
      role="operator"
      danger
      run={async (why, idempotencyKey) =>
        call('POST /api/v1/control/kill', { body: { broker, why, flatten: true } }, { idempotencyKey })
      }
    >
      {broker} sends nothing new, and ends every position at market.
    </CommandButton>
  );
}
