import { test } from 'node:test';
import { runCli, smallData } from './cli.ts';
test('x', async (t) => {
  const d = smallData(t);
  for (const a of ['portfolio --json','events --topic paper.pnl.snapshots --json','verify','portfolio --broker x','events --topic foo', 'events --topic market.ticks --from 137']) {
    const r = await runCli([...a.split(' '), '--data-dir', d]);
    console.log('$', a, r.code); console.log(r.stdout); console.log(r.stderr);
  }
});
