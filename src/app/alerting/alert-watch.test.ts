import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type Notice } from '#core/alerts/alert-book.ts';
import { type DomainEvent, type OrderSubmitted } from '#core/events.ts';
import { type EpochMs } from '#core/time.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { BROKERS, controlled, filled, signal, submitted } from '../../../test/support/builders.ts';
import { StepClock } from '../../../test/settings/platform-run.ts';
import { settingsOf } from '../../../test/settings/settings-run.ts';
import { temporaryFolder } from '../../../test/support/tape-builder.ts';
import { leaveAcknowledgement, readAlerts } from './alert-file.ts';
import { AlertWatch, type AlertWatchOptions } from './alert-watch.ts';

class Desk {
  readonly clock = new StepClock();
  readonly folder: string;
  readonly told: Notice[] = [];
  readonly summaries: string[] = [];
  over = false;
  readonly options: AlertWatchOptions;
  watch: AlertWatch;

  constructor(t: TestContext, given: Partial<AlertWatchOptions> = {}) {
    this.folder = temporaryFolder(t);
    this.options = {
      monitoring: settingsOf({ MONITORING__STARTUP_GRACE_PERIOD_SECONDS: '0' }).monitoring,
      clock: this.clock,
      logger: silentLogger,
      folder: this.folder,
      machine: { look: async () => ({ memory: 0, cpu: 0, disk: 0 }) },
      store: openMemoryStore(new MemoryDisk()),
      checks: async () => [],
      deliveries: {
        tell: (notice) => this.told.push(notice),
        summarise: (broker, text) => this.summaries.push(`${broker} ${text}`),
        troubles: () => [],
      },
      isOver: () => this.over,
      lags: async () => [],
      stages: () => [],
      hasGateway: () => true,
      marketAt: () => undefined,
      ...given,
    };
    this.watch = new AlertWatch(this.options);
  }

  /** What is told of these events, as `kind code broker subject`. */
  async after(...events: readonly DomainEvent[]): Promise<readonly string[]> {
    this.watch.onCommitted({ events, ticks: 0, messages: 0, rows: [] });
    await this.watch.look();
    return this.told
      .splice(0)
      .map(({ kind, alert: { code, broker, subject } }) => `${kind} ${code} ${broker} ${subject}`);
  }
}

const brokerOf = (order: OrderSubmitted, broker: string): OrderSubmitted => ({ ...order, broker: broker as never });

describe('what is committed', () => {
  for (const broker of BROKERS) {
    const order = brokerOf(submitted(signal()), broker);
    const { strategyId } = order;

    it(`in ${broker} tells of orders that are refused, unknown or not answered, and of their end`, async (t) => {
      const desk = new Desk(t);
      const {
        slice: _slice,
        queued: _queued,
        signalId: _signal,
        referencePrice: _price,
        expiresAt: _end,
        ...base
      } = order;
      assert.deepEqual(await desk.after(order), []);
      desk.clock.ms += 9_999;
      assert.deepEqual(await desk.after(), []);
      desk.clock.ms += 1;
      assert.deepEqual(await desk.after(), [`fired ORDER_STUCK ${broker} order`]);
      assert.deepEqual(await desk.after({ ...base, type: 'order_unknown', message: 'no answer' }), [
        `resolved ORDER_STUCK ${broker} order`,
        `fired ORDER_UNKNOWN ${broker} order`,
      ]);
      assert.deepEqual(await desk.after(filled(order)), [`resolved ORDER_UNKNOWN ${broker} order`]);
      const failed = {
        ...base,
        type: 'order_failed',
        code: 'REFUSED',
        rejectCode: 'FUNDS',
        message: 'too little',
      } as const;
      assert.deepEqual(await desk.after(failed), [`fired ORDER_REJECTED ${broker} ${strategyId}`]);
    });

    it(`in ${broker} tells of what was halted until it is released`, async (t) => {
      const desk = new Desk(t);
      const of = { broker: order.broker, subject: broker };
      assert.deepEqual(await desk.after(controlled('reducing', of)), [`fired TRADING_REDUCED ${broker} ${broker}`]);
      assert.deepEqual(await desk.after(controlled('killed', of)), [
        `resolved TRADING_REDUCED ${broker} ${broker}`,
        `fired TRADING_HALTED ${broker} ${broker}`,
      ]);
      assert.deepEqual(await desk.after(controlled('limit_changed', of)), []);
      assert.deepEqual(await desk.after(controlled('released', of)), [`resolved TRADING_HALTED ${broker} ${broker}`]);
    });

    it(`in ${broker} tells of a book that differs until it is settled, and of what the engine says`, async (t) => {
      const desk = new Desk(t);
      const about = { broker: order.broker, trace: order.trace, at: order.at, token: 7 };
      const broken = { ...about, type: 'reconciliation_break', ours: 1, theirs: 2 } as const;
      assert.deepEqual(await desk.after(broken), [`fired RECONCILIATION_BREAK ${broker} instrument:7`]);
      const settled = { ...about, type: 'reconciliation_settled', held: 2 } as const;
      assert.deepEqual(await desk.after(settled), [`resolved RECONCILIATION_BREAK ${broker} instrument:7`]);
      const said = { ...about, type: 'alert_raised', subject: 'alpha', message: 'text' } as const;
      const raised = ['RISK_DRAWDOWN', 'EXIT_UNFILLED', 'RISK_SELF_TEST', 'RISK_SELF_TEST_PASSED', 'NO_OWN_ORDER'];
      assert.deepEqual(
        await desk.after(...raised.map((code) => ({ ...said, code }))),
        ['LOSS_LIMIT', 'EXIT_TROUBLE', 'SELF_TEST_FAILED', 'ENGINE_ALERT'].map(
          (code) => `fired ${code} ${broker} alpha`,
        ),
      );
    });
  }

  it('waits for no answer where the simulated exchange gives it', async (t) => {
    const desk = new Desk(t, { hasGateway: () => false });
    await desk.after(submitted(signal()));
    desk.clock.ms += 60_000;
    assert.deepEqual(await desk.after(), []);
  });
});

describe('what is looked at', () => {
  it('is told when a check fails, by what it means, and when it passes again', async (t) => {
    const result = (component: string, broker?: string) => {
      return { component, broker, scope: 'broker', passed: false, message: 'text' } as const;
    };
    const seen = {
      checks: [
        result('database'),
        result('market ticks'),
        result('feed session'),
        result('paper authentication', 'paper'),
        result('paper snapshots', 'paper'),
      ],
    };
    const desk = new Desk(t, { checks: async () => seen.checks });
    const codes = ['CHECK_FAILED', 'FEED_STALLED', 'FEED_TOKEN', 'BROKER_TOKEN', 'FLOW_STALLED'];
    assert.deepEqual(
      (await desk.after()).map((line) => line.split(' ')[1]),
      codes,
    );
    seen.checks = [];
    assert.deepEqual(
      (await desk.after()).map((line) => line.split(' ').slice(0, 2).join(' ')),
      codes.map((code) => `resolved ${code}`),
    );
  });

  it('includes letters that came since, and a clock that jumps', async (t) => {
    const letters = { topic: 'paper.orders.filled.dlq', start: 0, end: 3 };
    let jumped = 0;
    const clock = new StepClock();
    const jumping = {
      now: () => (clock.now() + jumped) as EpochMs,
      monotonicMs: () => clock.monotonicMs(),
      sleep: async () => undefined,
      turn: async () => undefined,
    };
    const desk = new Desk(t, { store: { topics: () => [{ ...letters }] }, clock: jumping });
    assert.deepEqual(await desk.after(), []);
    letters.end = 4;
    assert.deepEqual(await desk.after(), ['fired DEAD_LETTERS paper paper.orders.filled.dlq']);
    jumped = 1_000;
    assert.deepEqual(await desk.after(), []);
    jumped += 1_001;
    assert.deepEqual(await desk.after(), ['fired CLOCK_JUMPED undefined clock']);
  });
});

describe('the summary of a day', () => {
  it('is told of each namespace once its last session is over', async (t) => {
    const desk = new Desk(t);
    for (const broker of ['paper', 'zerodha']) {
      const order = brokerOf(submitted(signal()), broker);
      const {
        slice: _slice,
        queued: _queued,
        signalId: _signal,
        referencePrice: _price,
        expiresAt: _end,
        ...base
      } = order;
      const failed = { ...base, type: 'order_failed', code: 'REFUSED', rejectCode: 'FUNDS', message: 'text' } as const;
      await desk.after(order, filled(order), ...(broker === 'paper' ? [failed] : []));
    }
    assert.deepEqual(desk.summaries, []);
    desk.over = true;
    await desk.after();
    const books = 'since the books were opened: realised 0.00, unrealised 0.00, charges 0.00, net 0.00';
    const rest = `${books}; largest drawdown of a book 0.00`;
    assert.deepEqual(desk.summaries, [
      `paper 2021-06-11: 1 orders, 1 fills, rejected FUNDS 1; ${rest}; alerts ORDER_REJECTED 1`,
      `zerodha 2021-06-11: 1 orders, 1 fills, rejected none; ${rest}; alerts none`,
    ]);
    await desk.after();
    assert.equal(desk.summaries.length, 2);
  });
});

describe('what nobody commits', () => {
  it('a machine that cannot be looked at keeps nothing else from being told', async (t) => {
    const gone = async (): Promise<never> => Promise.reject(new Error('no such folder'));
    const failed = {
      component: 'database',
      broker: undefined,
      scope: 'infrastructure',
      passed: false,
      message: 'text',
    } as const;
    const desk = new Desk(t, { machine: { look: gone }, checks: async () => [failed] });
    assert.deepEqual(await desk.after(), ['fired CHECK_FAILED undefined database']);
  });

  it('an address that is refused ten times within a minute is told of once, and a slower one is not', async (t) => {
    const desk = new Desk(t);
    const refuse = (from: string, everyMs: number): void => {
      for (let k = 0; k < 10; k++) {
        desk.watch.onAudited(k % 2 === 0 ? 'A webhook was refused' : 'Signing in failed', { from });
        desk.clock.ms += everyMs;
      }
    };
    refuse('10.0.0.7', 100);
    refuse('10.0.0.8', 10_000);
    for (let k = 0; k < 20; k++) desk.watch.onAudited('Signed in', { from: '10.0.0.9' });
    assert.deepEqual(await desk.after(), ['fired ACCESS_REFUSED undefined 10.0.0.7']);
  });

  it('a turn of the loop that takes longer than a second is told of', async (t) => {
    for (const [lateMs, expected] of [
      [900, []],
      [1_100, ['LOOP_BLOCKED']],
    ] as const) {
      const stop = new AbortController();
      const clock = new StepClock();
      let wakes = 0;
      const sleep = async (ms: number): Promise<void> => {
        clock.ms += ms + (wakes === 0 ? lateMs : 0);
        if (wakes++ === 2) stop.abort();
      };
      const late = {
        now: () => clock.now(),
        monotonicMs: () => clock.monotonicMs(),
        turn: async () => undefined,
        sleep,
      };
      const desk = new Desk(t, { clock: late });
      await desk.watch.run(stop.signal);
      assert.deepEqual(
        desk.told.map(({ alert: { code } }) => code),
        expected,
      );
    }
  });
});

describe('what is kept', () => {
  it('is there after a restart, which tells its end', async (t) => {
    const machine = { look: async () => ({ memory: 1, cpu: 0, disk: 0 }) };
    const desk = new Desk(t, { machine });
    assert.deepEqual(await desk.after(), ['fired MEMORY_HIGH undefined memory']);
    desk.watch = new AlertWatch(desk.options);
    assert.deepEqual(await desk.after(), []);
    desk.watch = new AlertWatch({ ...desk.options, machine: { look: async () => ({ memory: 0, cpu: 0, disk: 0 }) } });
    assert.deepEqual(await desk.after(), ['resolved MEMORY_HIGH undefined memory']);
  });

  it('is acknowledged by word that was left, and put aside when it is no file of alerts', async (t) => {
    const desk = new Desk(t, { machine: { look: async () => ({ memory: 1, cpu: 0, disk: 0 }) } });
    await desk.after();
    leaveAcknowledgement(desk.folder, { id: '1', who: 'asha', why: 'on it' });
    leaveAcknowledgement(desk.folder, { id: '9', who: 'asha', why: 'no such alert' });
    await desk.after();
    assert.deepEqual(
      new AlertWatch(desk.options).list().map(({ state, acknowledged }) => [state, acknowledged?.who]),
      [['acknowledged', 'asha']],
    );
    writeFileSync(join(desk.folder, 'alerts.json'), '{}');
    assert.throws(() => readAlerts(desk.folder), /expected alerts in .*alerts\.json/);
    assert.deepEqual(new AlertWatch(desk.options).list(), []);
    assert.equal(readFileSync(join(desk.folder, 'alerts.json.unreadable'), 'utf8'), '{}');
  });
});
