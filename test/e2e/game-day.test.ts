// A few faults of the game day: enough that its way from a fault to a person is walked with every change.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drill } from '../../tools/game-day/drill.ts';
import { layStrategy, PAPER, paperFaults } from '../../tools/game-day/paper-faults.ts';
import { openStage } from '../../tools/game-day/stage.ts';

const CHOSEN = ['AUDIT_BROKEN', 'DEAD_LETTERS', 'STRATEGY_QUARANTINED', 'ACCESS_REFUSED', 'TRADING_HALTED'];

test(
  'faults of a running platform are told over a channel, in the API, and in the runbook',
  { timeout: 120_000 },
  async (t) => {
    const stage = await openStage(t, () => undefined, PAPER, layStrategy);
    const faults = (await paperFaults(stage)).filter(({ expects: [first] }) => CHOSEN.includes(first?.code ?? ''));
    const lines = await drill(faults, stage.watched);
    assert.deepEqual([...new Set(lines.map(({ code }) => code))].toSorted(), CHOSEN.toSorted());
    assert.deepEqual(
      lines.flatMap(({ fault, seconds, trouble }) => (seconds === undefined ? [[fault, trouble]] : [])),
      [],
    );
    assert.equal(stage.receiver.forged, 0);
  },
);
