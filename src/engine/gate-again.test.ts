// The seams where the gate, the calendar and the plan meet: a signal that waited is asked about again, a namespace that
// comes back has missed a close, and the calendar's data has a last day.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ppm, price as priceUnits } from '#core/decimal.ts';
import { type DomainEvent } from '#core/events.ts';
import { type Calendar, CalendarError } from '#core/market/calendar.ts';
import { NO_VOLUME } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { CascadeRun } from '../../test/support/cascade-run.ts';
import { after, BROKERS, inr, limits, namespacePlan, plan, rs, signal, units } from '../../test/support/builders.ts';
import { SessionTimer } from './session-timer.ts';

function types(events: readonly DomainEvent[]): readonly string[] {
  return events.map(({ type }) => type);
}

for (const broker of BROKERS) {
  test(`${broker}: a buy that was let pass at its own low price is refused at the market's, and holds nothing`, () => {
    const terms = namespacePlan({ broker, startingCash: inr(1_000) });
    const run = new CascadeRun(plan({ namespaces: [terms], deployments: [] }));
    const cheap = signal({ broker, at: after(0), price: priceUnits(100), quantity: units(1_000) });
    assert.deepEqual(types(run.message(cheap)), ['validated_signal']);
    run.rows([[0, after(1), rs(1_650), NO_VOLUME]]);
    const [rejected, ...more] = run.take();
    assert.equal(rejected?.type, 'rejected_signal');
    assert.deepEqual(rejected?.type === 'rejected_signal' && rejected.reasons.map(({ code }) => code), ['RISK_CASH']);
    run.rows([[0, after(2), rs(1_650), NO_VOLUME]]);
    assert.deepEqual([...more, ...run.take()], []);
    const small = signal({ broker, at: after(3), id: 'small' });
    assert.deepEqual(
      types(run.message(small)),
      ['rejected_signal'],
      'one unit at 1,650 is more than the 1,000 in cash',
    );
  });

  test(`${broker}: a signal without any price waits for one, and is then filled`, () => {
    const terms = namespacePlan({ broker, limits: limits({ maxTradesPerDay: 1, priceCollar: 100_000 as Ppm }) });
    const run = new CascadeRun(plan({ namespaces: [terms], deployments: [] }));
    const waiting = run.message(signal({ broker, at: after(0) }));
    run.rows([
      [0, after(1), rs(100), NO_VOLUME],
      [0, after(2), rs(100), NO_VOLUME],
    ]);
    assert.deepEqual(types(waiting), ['validated_signal']);
    assert.deepEqual(types(run.take()), ['order_submitted', 'order_placed', 'order_filled']);
  });
}

test('where the calendar data ends, the last close is told and nothing more is due', () => {
  const open = after(0);
  const close = after(600);
  const phases = [{ phase: 'open', entry: 'all', from: open, to: close }] as const;
  const session = { id: 'NSE:last', day: 0 as never, preOpen: open, open, continuousClose: close, close, phases };
  const calendar: Calendar = {
    name: 'short',
    sessionAt: () => session,
    nextSession(_segment, at) {
      if (at < session.close) return session;
      throw new CalendarError('the data ends here');
    },
    phaseAt: () => 'open',
    marketStatus: () => ({ phase: 'open', session, entry: 'all', nextChange: close }),
  };
  const timer = new SessionTimer(calendar, { segment: 'NSE', intervalMs: 300_000, squareOffMs: 0 }, undefined);
  assert.equal(timer.take(after(1)), undefined);
  assert.deepEqual([timer.take(after(600))?.kind, timer.take(after(600))?.kind], ['snapshot', 'close']);
  assert.equal(timer.take(after(600)), undefined);
  assert.equal(timer.take(after(9_999)), undefined);
  assert.equal(timer.nextDue, Number.POSITIVE_INFINITY as EpochMs);
});

test('an order of a session that closed while its namespace was left out has ended when it comes back', () => {
  const terms = plan({ deployments: [] });
  const run = new CascadeRun(terms);
  const resting = signal({ at: after(10), limitPrice: rs(50), quantity: units(5) });
  run.rows([[0, after(1), rs(100), NO_VOLUME]]);
  run.message(resting);
  const [gone, ...others] = terms.namespaces;
  assert.ok(gone !== undefined);
  run.cascade.replan({ ...terms, namespaces: others });
  run.rows([[0, after(3 * 86_400), rs(100), NO_VOLUME]]);
  run.take();
  run.cascade.replan(terms);
  assert.deepEqual(types(run.take()), ['order_expired']);
  run.rows([[0, after(3 * 86_400 + 10), rs(40), NO_VOLUME]]);
  assert.deepEqual(types(run.take()), []);
});
