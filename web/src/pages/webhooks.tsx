// Who elsewhere is told of what happens here and how that goes, and which webhooks may send signals.
import { call, type Item } from '../api/client.ts';
import { useApi } from '../api/queries.ts';
import { count, exactClock, instant, words } from '../format.ts';
import { CommandButton } from '../parts/command.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { Table, type Column } from '../parts/table.tsx';
import { Link, to } from '../router.tsx';

type Subscription = Item<'GET /api/v1/subscriptions'>;
type Webhook = Item<'GET /api/v1/webhooks'>;

const TONES: Readonly<Record<Subscription['state'], string>> = { active: 'good', failing: 'warn', dead: 'bad' };

const COLUMNS: readonly Column<Webhook>[] = [
  { head: 'Webhook', cell: ({ id }) => id },
  { head: 'Form', cell: ({ form }) => form },
  { head: 'Namespace', cell: ({ broker }) => broker },
  { head: 'Strategy', cell: ({ strategy_id: id }) => id },
  { head: 'Instruments', cell: ({ instruments }) => instruments.join(', ') },
  { head: 'At most', cell: ({ max_quantity: most }) => count(most), numeric: true },
  { head: 'From', cell: ({ addresses }) => addresses?.join(', ') ?? 'anywhere' },
  {
    head: 'What it did',
    cell: ({ id }) => (
      <Link href={to('/audit', { kind: 'a_webhook_was_taken', search: `webhook:${id}` })}>
        Taken<span className="hidden"> from {id}</span>
      </Link>
    ),
  },
];

export function Webhooks() {
  const subscriptions = useApi('GET /api/v1/subscriptions', { query: { limit: 1_000 } }, 5_000);
  const webhooks = useApi('GET /api/v1/webhooks', { query: { limit: 1_000 } });
  return (
    <>
      <h1>Webhooks</h1>
      <Panel title="Told of what happens">
        <Shown
          of={{ ...subscriptions, data: subscriptions.data?.items }}
          empty="Nobody elsewhere is told of anything. alpha-panda subscriptions add makes one."
        >
          {(items) => (
            <ul className="entries">
              {items.map((each) => (
                <SubscriptionItem key={each.id} subscription={each} />
              ))}
            </ul>
          )}
        </Shown>
      </Panel>
      <Panel title="May send signals">
        <Shown
          of={{ ...webhooks, data: webhooks.data?.items }}
          empty="No webhook may send signals. alpha-panda webhooks add makes one."
        >
          {(items) => <Table label="Webhooks" columns={COLUMNS} rows={items} keyOf={({ id }) => id} />}
        </Shown>
      </Panel>
    </>
  );
}

function SubscriptionItem({ subscription }: { readonly subscription: Subscription }) {
  const { id, address, kinds, brokers, state, delivered, last_delivered_at: at, trouble, behind } = subscription;
  return (
    <li>
      <div className="entry-head">
        <span className={`tag tag-${TONES[state]}`}>{state}</span>
        <h3>{id}</h3>
        <span className="quiet">{address}</span>
        <span className="entry-end quiet">
          {kinds.join(', ')} of {brokers?.join(', ') ?? 'every namespace'}
        </span>
      </div>
      <p>
        {count(delivered)} arrived{at === null ? '' : `, the last on ${instant(at)}`}; {count(behind)} wait.
      </p>
      {trouble === null ? null : <p className="bad">{trouble}</p>}
      <Deliveries id={id} />
      <div className="actions">
        {state === 'dead' ? (
          <CommandButton
            label={
              <>
                Resume<span className="hidden"> {id}</span>
              </>
            }
            title={`Send to ${id} again`}
            action="Resume"
            role="operator"
            run={async (why) => call('POST /api/v1/subscriptions/{id}/resume', { path: { id }, body: { why } })}
          >
            It goes on with the message that did not arrive. Nothing was lost meanwhile.
          </CommandButton>
        ) : null}
        <CommandButton
          label={
            <>
              Remove<span className="hidden"> {id}</span>
            </>
          }
          title={`Tell ${id} nothing any more`}
          action="Remove"
          role="admin"
          danger
          run={async (why) => call('POST /api/v1/subscriptions/{id}/remove', { path: { id }, body: { why } })}
        >
          What waits for it is not sent, and its secret is forgotten.
        </CommandButton>
      </div>
    </li>
  );
}

function Deliveries({ id }: { readonly id: string }) {
  const read = useApi('GET /api/v1/subscriptions/{id}/deliveries', { path: { id }, query: { limit: 100 } }, 5_000);
  const lines = read.data?.items.toReversed().slice(0, 20) ?? [];
  if (lines.length === 0) return null;
  return (
    <details>
      <summary>
        The last attempts<span className="hidden"> of {id}</span>
      </summary>
      <ol className="attempts">
        {lines.map(({ number, at, message_id: message, attempt, trouble, took_ms: took }) => (
          <li key={number}>
            <time dateTime={at}>{exactClock(at)}</time>
            <code>{message}</code>
            <span className={trouble === null ? 'quiet' : 'bad'}>
              {trouble ?? 'arrived'}
              {attempt > 1 ? `, attempt ${attempt}` : ''}, {words(`${Math.round(took)} ms`)}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}
