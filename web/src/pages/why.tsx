// Why: from any fill, order or refusal back to the tick that it began with, and forward to what it did to the book.
import { useQuery } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { useApi } from '../api/queries.ts';
import { messagesFrom, messagesOf, offsetAt, type Message } from '../parts/envelope.ts';
import { useParam } from '../parts/filters.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { ChainStep } from '../parts/chain-step.tsx';
import { Link, navigate, to } from '../router.tsx';
import { rootOf } from './order.tsx';

/** How far around its time a tick is looked for. */
const AROUND = 500;

export function Why() {
  const id = useParam('id');
  return (
    <>
      <div className="page-head">
        <h1>Why</h1>
        <Search key={id} id={id ?? ''} />
      </div>
      {id === undefined ? (
        <p className="notice">
          Every fill, order and signal has a way here. Or paste its id: what stands before the first “/” is the tick or
          message that it began with, and everything that followed from it is shown.
        </p>
      ) : (
        <Chain id={rootOf(id)} focus={useParamOr('focus', id)} />
      )}
    </>
  );
}

function useParamOr(name: string, other: string): string {
  return useParam(name) ?? other;
}

function Search({ id }: { readonly id: string }) {
  const [text, setText] = useState(id);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    navigate(to('/why', { id: text.trim(), focus: text.trim() }));
  };
  return (
    <form className="search" onSubmit={submit}>
      <input
        aria-label="Id of a fill, order, signal or tick"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit">Walk</button>
    </form>
  );
}

function Chain({ id, focus }: { readonly id: string; readonly focus: string }) {
  const read = useApi(
    'GET /api/v1/messages/correlation/{correlation_id}',
    { path: { correlation_id: id }, query: { limit: 1_000 } },
    10_000,
  );
  return (
    <Shown of={read}>
      {({ items }) => {
        const messages = messagesOf(items).toSorted(byCause);
        const brokers = [...new Set(messages.map(({ envelope }) => envelope.broker))];
        if (messages.length === 0) {
          return <p className="notice">Nothing followed from this id, or it is held no longer.</p>;
        }
        return (
          <>
            {brokers.map((broker) => (
              <Panel
                key={broker}
                title={`In ${broker} (IST)`}
                aside={
                  <Link href={to('/logs', { channel: 'trading', broker, correlation_id: id })}>
                    In the log<span className="hidden"> of {broker}</span>
                  </Link>
                }
              >
                <ol className="chain">
                  <TickStep id={id} first={messages[0]} />
                  {messages
                    .filter(({ envelope }) => envelope.broker === broker)
                    .map((message) => (
                      <ChainStep key={`${message.topic} ${message.offset}`} message={message} focus={focus} />
                    ))}
                  <BookStep messages={messages.filter(({ envelope }) => envelope.broker === broker)} />
                </ol>
              </Panel>
            ))}
          </>
        );
      }}
    </Shown>
  );
}

/** A cause stands before what it caused: its id is the beginning of theirs. */
function byCause(a: Message, b: Message): number {
  const [left, right] = [a.envelope.ts, b.envelope.ts];
  if (left !== right) return left < right ? -1 : 1;
  return a.envelope.id.split('/').length - b.envelope.id.split('/').length;
}

/** The tick that it began with, when it is still held. */
function TickStep({ id, first }: { readonly id: string; readonly first: Message | undefined }) {
  const ts = first?.envelope.ts ?? '';
  const { data } = useQuery({
    queryKey: ['tick', id, ts],
    staleTime: Infinity,
    queryFn: async () => {
      const from = Math.max(0, (await offsetAt('market.ticks', ts)) - AROUND);
      const around = await messagesFrom('market.ticks', from, 2 * AROUND);
      return around.find(({ envelope }) => envelope.id === id) ?? null;
    },
  });
  if (data === undefined) return <Wait text={`Looking for the tick ${id}…`} />;
  if (data !== null) return <ChainStep message={data} focus="" />;
  return (
    <li>
      <span className="quiet">began with</span>
      <div>
        <h3>{id}</h3>{' '}
        <span className="quiet">no tick near this time has this id: it is a message, or held no longer</span>
      </div>
    </li>
  );
}

/** The first snapshot of the book behind the last fill: what the fill did to it. */
function BookStep({ messages }: { readonly messages: readonly Message[] }) {
  const fill = messages.findLast(({ envelope }) => envelope.type === 'order_filled')?.envelope;
  const strategy = fill?.data['strategy_id'];
  const { data } = useQuery({
    queryKey: ['snapshot', fill?.id],
    enabled: fill !== undefined,
    refetchInterval: ({ state }) => (state.data === null ? 5_000 : false),
    queryFn: async () => {
      const topic = `${fill?.broker}.pnl.snapshots`;
      const from = await offsetAt(topic, fill?.ts ?? '');
      const after = await messagesFrom(topic, from, AROUND);
      const isNext = ({ envelope: { type, ts, data: book } }: Message): boolean =>
        type === 'pnl_snapshot' && book['strategy_id'] === strategy && ts >= (fill?.ts ?? '');
      return after.find(isNext) ?? null;
    },
  });
  if (fill === undefined) return null;
  if (data !== undefined && data !== null) return <ChainStep message={data} focus="" />;
  const isOpen = data === undefined;
  return (
    <Wait text={isOpen ? 'Looking for the next snapshot of the book…' : 'The book has no snapshot behind it yet.'} />
  );
}

function Wait({ text }: { readonly text: string }) {
  return (
    <li className="quiet">
      <span />
      <p>{text}</p>
    </li>
  );
}
