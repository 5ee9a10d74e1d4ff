// What each stage does in each namespace, how far behind readers are, and every check of the platform's health.
import type { Item } from '../api/client.ts';
import { useApi } from '../api/queries.ts';
import { count, rate, words } from '../format.ts';
import { Panel, Shown } from '../parts/states.tsx';
import { StageStrip, stageRate } from '../parts/stage-strip.tsx';
import { Table, type Column } from '../parts/table.tsx';
import { useRates, type Rates, type TopicLine } from '../parts/rates.ts';
import { lagsIn, type Lag } from '../parts/lags.ts';

type Broker = Item<'GET /api/v1/brokers'>;

export function Pipeline() {
  const brokers = useApi('GET /api/v1/brokers', {}, 5_000);
  const { read, rates } = useRates();
  const active = (brokers.data?.items ?? []).filter(({ status }) => status !== 'inactive');
  return (
    <>
      <h1>Pipeline</h1>
      <Panel title="Stages">
        <StageStrip brokers={active.map(({ broker }) => broker)} rates={rates} />
      </Panel>
      <Panel title="Messages a second, by stage and namespace">
        <Shown of={brokers}>{() => <StageTable brokers={active} rates={rates} />}</Shown>
      </Panel>
      <div className="halves">
        <Checks />
        <Lags />
      </div>
      <Panel title="Topics">
        <Shown of={{ ...read, data: read.data?.items.filter(({ end }) => end > 0) }} empty="Nothing on any topic yet.">
          {(topics) => (
            <Table label="Topics" columns={topicColumns(rates)} rows={topics} keyOf={({ topic }) => topic} />
          )}
        </Shown>
      </Panel>
    </>
  );
}

function StageTable({ brokers, rates }: { readonly brokers: readonly Broker[]; readonly rates: Rates }) {
  const pipeline = useApi('GET /api/v1/pipeline', {}, 3_000);
  type Stage = NonNullable<typeof pipeline.data>['stages'][number];
  const columns: readonly Column<Stage>[] = [
    { head: 'Stage', cell: ({ service_name: stage }) => words(stage) },
    {
      head: 'State',
      cell: ({ orchestrator_status: { running }, error_count: errors }) =>
        running && errors === 0 ? (
          <span className="tag tag-good">runs</span>
        ) : (
          <span className="tag tag-bad">{running ? 'errors' : 'stands still'}</span>
        ),
    },
    ...brokers.map(({ broker, status }) => ({
      head: broker,
      numeric: true,
      cell: ({ service_name: stage }: Stage) => {
        const each = stageRate(stage, broker, rates);
        return (
          <>
            {each === undefined ? '–' : rate(each)}
            {status === 'ready' ? null : <span className="tag tag-bad"> not ready</span>}
          </>
        );
      },
    })),
    { head: 'Processed', cell: ({ processed_count: done }) => count(done), numeric: true },
    { head: 'Errors', cell: ({ error_count: errors }) => count(errors), numeric: true },
  ];
  return (
    <Shown of={pipeline}>
      {({ stages }) => (
        <Table label="Stages by namespace" columns={columns} rows={stages} keyOf={(each) => each.service_name} />
      )}
    </Shown>
  );
}

function Checks() {
  const health = useApi('GET /api/v1/health', {}, 5_000);
  type Check = NonNullable<typeof health.data>['checks'][number];
  const columns: readonly Column<Check>[] = [
    { head: 'Check', cell: ({ component }) => component },
    {
      head: 'State',
      cell: ({ passed }) => (
        <span className={`tag tag-${passed ? 'good' : 'bad'}`}>{passed ? 'passed' : 'failed'}</span>
      ),
    },
    { head: 'It says', cell: ({ message }) => message },
  ];
  return (
    <Panel title="Health checks">
      <Shown of={health}>
        {({ checks }) => (
          <Table
            label="Health checks"
            columns={columns}
            rows={checks}
            keyOf={(each) => `${each.broker} ${each.component}`}
          />
        )}
      </Shown>
    </Panel>
  );
}

const LAGS: readonly Column<Lag>[] = [
  { head: 'Reader', cell: ({ group }) => group },
  { head: 'Topic', cell: ({ topic }) => topic },
  {
    head: 'Behind',
    cell: ({ messages }) => (messages === 0 ? '0' : <strong className="loss">{count(messages)}</strong>),
    numeric: true,
  },
];

function Lags() {
  const metrics = useApi('GET /metrics', {}, 5_000);
  return (
    <Panel title="Lag of the readers">
      <Shown
        of={{ ...metrics, data: metrics.data === undefined ? undefined : lagsIn(metrics.data) }}
        empty="Nobody reads yet."
      >
        {(lags) => (
          <Table
            label="Lag of the readers"
            columns={LAGS}
            rows={lags}
            keyOf={(each) => `${each.group} ${each.topic}`}
          />
        )}
      </Shown>
    </Panel>
  );
}

function topicColumns(rates: Rates): readonly Column<TopicLine>[] {
  return [
    { head: 'Topic', cell: ({ topic }) => topic },
    { head: 'A second', cell: ({ topic }) => rate(rates.perSecond(topic) ?? 0), numeric: true },
    { head: 'Messages', cell: ({ end }) => count(end), numeric: true },
    { head: 'Held', cell: ({ start, end }) => count(end - start), numeric: true },
    { head: 'Types', cell: ({ types }) => <span className="quiet">{types.map(words).join(', ')}</span> },
  ];
}
