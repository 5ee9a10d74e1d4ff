// What deploy/ hands to Prometheus and Grafana: valid by itself, and about numbers that a running platform gives.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it, test, type TestContext } from 'node:test';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { z } from 'zod';
import { PlatformMetrics } from '#adapters/prometheus/platform-metrics.ts';
import { ALERTS, anchorOf, SEVERITIES, type AlertCode } from '#core/alerts/catalogue.ts';
import { type DomainEvent } from '#core/events.ts';
import { metricLines, metricsAt, sumOf, type MetricLine } from '../support/metrics-text.ts';
import { listening, statusOf, until } from '../settings/listening-run.ts';
import { tapeOf } from '../settings/platform-run.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const BOARDS = join(ROOT, 'deploy', 'grafana', 'dashboards');

const text = z.string().min(1);
const duration = z.string().regex(/^\d+[smh]$/);
const rulesShape = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: text,
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^[A-Z][A-Za-z]+$/),
          expr: text,
          for: duration.optional(),
          labels: z.strictObject({ severity: z.enum(SEVERITIES), code: text.optional() }),
          annotations: z.strictObject({ summary: text, runbook: text }),
        }),
      ),
    }),
  ),
});
const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('alpha-panda-prometheus') });
const boardShape = z.looseObject({
  uid: z.string().regex(/^alpha-panda-[a-z]+$/),
  title: text,
  description: text,
  schemaVersion: z.int(),
  templating: z.object({
    list: z.array(
      z.looseObject({ name: text, type: z.literal('query'), datasource, query: z.object({ query: text }) }),
    ),
  }),
  panels: z.array(
    z.looseObject({
      id: z.int(),
      type: z.enum(['timeseries', 'stat', 'table', 'heatmap']),
      title: text,
      description: text,
      datasource,
      gridPos: z.object({ x: z.int().min(0).max(23), y: z.int().min(0), w: z.int().max(24), h: z.int() }),
      targets: z
        .array(z.looseObject({ refId: z.string().regex(/^[A-Z]$/), datasource, expr: text, legendFormat: z.string() }))
        .min(1),
    }),
  ),
});

const rules = rulesShape.parse(parse(read('deploy', 'prometheus', 'rules', 'alpha-panda.yml')));
const allRules = rules.groups.flatMap((group) => group.rules);
const boards = readdirSync(BOARDS)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, board: boardShape.parse(JSON.parse(read('deploy', 'grafana', 'dashboards', name))) }));

interface Asked {
  readonly metric: string;
  /** Labels that the selector names. */
  readonly matched: readonly (readonly [label: string, operator: string, value: string])[];
}

/** What an expression asks for: its metrics, and the labels that it groups by. Fails when it is no PromQL. */
function askedBy(source: string): { readonly metrics: readonly Asked[]; readonly grouped: readonly string[] } {
  const expr = source.replaceAll('$__rate_interval', '5m').replaceAll('$broker', '.*');
  const of = ({ from, to }: { readonly from: number; readonly to: number }): string => expr.slice(from, to);
  const metrics: Asked[] = [];
  const grouped: string[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) assert.fail(`no PromQL at ${node.from}: ${source}`);
      if (node.name === 'GroupingLabels') grouped.push(...node.node.getChildren('LabelName').map(of));
      if (node.name !== 'VectorSelector') return;
      const name = node.node.getChild('Identifier') ?? assert.fail(`a selector without a metric: ${source}`);
      const matchers = node.node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
      const matched = matchers.map((matcher) => {
        const [label, operator, value] = ['LabelName', 'MatchOp', 'StringLiteral'].map((kind) => {
          return of(matcher.getChild(kind) ?? assert.fail(source));
        });
        return [label ?? '', operator ?? '', (value ?? '').slice(1, -1)] as const;
      });
      metrics.push({ metric: of(name), matched });
    },
  });
  return { metrics, grouped };
}

/** Every metric with the labels that it has, and the values that were seen of each. */
type Exposed = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** Prometheus puts these on what it asks for. */
const OF_PROMETHEUS = ['instance', 'job'];

function exposedIn(lines: readonly MetricLine[]): Exposed {
  const found = new Map<string, Map<string, Set<string>>>([['up', new Map()]]);
  for (const { name, labels } of lines) {
    const known = found.get(name) ?? new Map<string, Set<string>>();
    found.set(name, known);
    for (const [label, value] of Object.entries(labels)) known.set(label, (known.get(label) ?? new Set()).add(value));
  }
  return found;
}

/** What the expression asks for that nobody gives. */
function missingIn(exposed: Exposed, expr: string): readonly string[] {
  const { metrics, grouped } = askedBy(expr);
  const all = new Set(metrics.flatMap(({ metric }) => [...(exposed.get(metric)?.keys() ?? []), ...OF_PROMETHEUS]));
  const trouble = metrics.flatMap(({ metric, matched }) => {
    const labels = exposed.get(metric);
    if (labels === undefined) return [`no metric ${metric}`];
    return matched.flatMap(([label, operator, value]) => {
      if (OF_PROMETHEUS.includes(label)) return [];
      const values = labels.get(label);
      if (values === undefined) return [`${metric} has no label ${label}`];
      // A code of an alert need not hold now; every other value that is asked for is one that there is.
      return operator === '=' && label !== 'code' && !values.has(value)
        ? [`${metric} never has ${label}="${value}"`]
        : [];
    });
  });
  return [...trouble, ...grouped.filter((label) => !all.has(label)).map((label) => `${label} is on none of ${expr}`)];
}

test('a number that nobody gives, a label that it has not, and what is no PromQL are found', () => {
  const exposed = exposedIn(metricLines('some_total{broker="paper"} 1'));
  assert.deepEqual(missingIn(exposed, 'sum by (broker) (rate(some_total{broker="paper"}[5m])) > 0'), []);
  assert.deepEqual(missingIn(exposed, 'rate(other_total[5m])'), ['no metric other_total']);
  assert.deepEqual(missingIn(exposed, 'some_total{side="BUY"}'), ['some_total has no label side']);
  assert.deepEqual(missingIn(exposed, 'some_total{broker="papr"}'), ['some_total never has broker="papr"']);
  assert.equal(missingIn(exposed, 'sum by (side) (some_total)').length, 1);
  for (const wrong of ['sum(some_total', 'some_total other', 'rate(some_total[5])  )']) {
    assert.throws(() => missingIn(exposed, wrong), /no PromQL/, wrong);
  }
});

describe('the rules of Prometheus', () => {
  it('have every code of the catalogue with its severity, and each a section of the runbook', () => {
    const headings = read('docs', 'runbook.md').match(/^### .+$/gm) ?? [];
    const anchors = headings.map((line) => line.slice(4).trim().toLowerCase());
    assert.equal(new Set(allRules.map(({ alert }) => alert)).size, allRules.length, 'each alert has a name of its own');
    for (const { alert, labels, annotations } of allRules) {
      const [, anchor = ''] = /^docs\/runbook\.md#([a-z_]+)$/.exec(annotations.runbook) ?? [];
      assert.ok(anchors.includes(anchor), `${alert}: ${annotations.runbook}`);
      if (labels.code === undefined) continue;
      assert.ok(labels.code in ALERTS, `${alert}: ${labels.code}`);
      assert.equal(anchor, anchorOf(labels.code as AlertCode), alert);
    }
    const passedOn = rules.groups.find(({ name }) => name === 'alpha-panda-codes')?.rules ?? [];
    const severities = Object.fromEntries(passedOn.map(({ labels }) => [labels.code, labels.severity]));
    assert.deepEqual(severities, Object.fromEntries(Object.entries(ALERTS).map(([code, of]) => [code, of.severity])));
    for (const { expr, labels } of passedOn) {
      const [asked] = askedBy(expr).metrics;
      assert.ok(
        asked?.matched.some(([label, , value]) => label === 'code' && value === labels.code),
        expr,
      );
    }
  });

  it('lie where Prometheus looks for them, beside a job for the platform', () => {
    const config = parse(read('deploy', 'prometheus', 'prometheus.yml')) as { readonly [key: string]: unknown };
    assert.deepEqual(config['rule_files'], ['/etc/prometheus/rules/*.yml']);
    assert.deepEqual(config['scrape_config_files'], ['/etc/prometheus/platform/*.yml']);
    const job = parse(read('deploy', 'prometheus', 'platform', 'platform.yml.example')) as {
      readonly scrape_configs: readonly { readonly job_name: string; readonly authorization: object }[];
    };
    assert.deepEqual(
      job.scrape_configs.map(({ job_name: name }) => name),
      ['alpha-panda'],
    );
    assert.deepEqual(Object.keys(job.scrape_configs[0]?.authorization ?? {}), ['credentials_file']);
    assert.match(read('compose.yaml'), /- \.\/deploy\/prometheus:\/etc\/prometheus:ro/);
  });
});

describe('the dashboards of Grafana', () => {
  it('are of the pipeline, the namespaces, orders, risk and the system, on the one data source', () => {
    const names = boards.map(({ name }) => name.replace('.json', ''));
    assert.deepEqual(names.toSorted(), ['namespaces', 'orders', 'pipeline', 'risk', 'system']);
    for (const { name, board } of boards) assert.equal(board.uid, `alpha-panda-${name.replace('.json', '')}`);
    const sources = parse(read('deploy', 'grafana', 'datasources', 'prometheus.yml')) as {
      readonly datasources: readonly { readonly uid: string }[];
    };
    assert.deepEqual(
      sources.datasources.map(({ uid }) => uid),
      ['alpha-panda-prometheus'],
    );
    assert.match(
      read('deploy', 'grafana', 'dashboards', 'provider.yml'),
      /path: \/etc\/grafana\/provisioning\/dashboards/,
    );
    assert.match(read('compose.yaml'), /- \.\/deploy\/grafana:\/etc\/grafana\/provisioning:ro/);
  });

  it('put no two panels in one place, and name each once', () => {
    for (const { name, board } of boards) {
      assert.equal(new Set(board.panels.map(({ id }) => id)).size, board.panels.length, name);
      const taken = new Set<string>();
      for (const { gridPos, title } of board.panels) {
        assert.ok(gridPos.x + gridPos.w <= 24, `${name}: ${title}`);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            assert.ok(!taken.has(`${x} ${y}`), `${name}: ${title} lies over another`);
            taken.add(`${x} ${y}`);
          }
        }
      }
    }
  });
});

test('a running platform gives every number that rules and dashboards ask for, with its labels', async (t) => {
  const exposed = exposedIn([...(await played(t)), ...(await ofRareThings())]);
  for (const { alert, expr } of allRules) assert.deepEqual(missingIn(exposed, expr), [], alert);
  for (const { name, board } of boards) {
    for (const { title, targets } of board.panels) {
      for (const { expr } of targets) assert.deepEqual(missingIn(exposed, expr), [], `${name}: ${title}`);
    }
    for (const { query } of board.templating.list) {
      const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(query.query) ?? [];
      assert.deepEqual(missingIn(exposed, `sum by (${label}) (${metric})`), [], name);
    }
  }
});

/** What a platform says that has traded a tape in two namespaces, refused signals and raised alerts. */
async function played(t: TestContext): Promise<readonly MetricLine[]> {
  const { port } = await listening(t, {
    ACTIVE_BROKERS: '["paper","zerodha"]',
    FEED__SOURCE: tapeOf(t, 300),
    FEED__SPEED: 'max',
    RISK__MAX_TRADES_PER_DAY: '3',
    MONITORING__STARTUP_GRACE_PERIOD_SECONDS: '0',
  });
  await until('a platform that answers', async () => (await statusOf(port, '/health')) === 200);
  let lines: readonly MetricLine[] = [];
  await until('fills, refusals and an alert', async () => {
    lines = metricLines(await metricsAt(port).catch(() => ''));
    const seen = ['paper_slippage_bps_count', 'trading_signals_rejected_total', 'trading_alerts'];
    return seen.every((name) => sumOf(lines, name) > 0);
  });
  return lines;
}

/** What no healthy run on a tape shows: the same metrics, told of a failed order and of a late tick of a live market. */
async function ofRareThings(): Promise<readonly MetricLine[]> {
  const letters = [{ broker: 'paper', count: 1 }];
  const nothing = { books: [], checks: [], stages: [], lags: [], alerts: [], control: [], limits: [] };
  const metrics = new PlatformMetrics({
    source: 'zerodha',
    performance: true,
    isPaper: () => false,
    now: () => 0,
    monotonicMs: () => 0,
    sample: async () => ({ ...nothing, letters, droppedLogLines: 0 }),
  });
  const order = { orderId: 'o1', orderType: 'market' };
  const failed = { type: 'order_failed', broker: 'paper', order, code: 'REFUSED', rejectCode: 'FUNDS' };
  metrics.times?.onBatch();
  metrics.onCommitted({ events: [failed as unknown as DomainEvent], ticks: 1 }, 5);
  const told = await metrics.text();
  metrics.close();
  return metricLines(told);
}
