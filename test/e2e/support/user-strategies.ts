// Strategies as a user writes them into a folder of their own, without importing anything of the platform's.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes `TYPE.ts` for each body of `onTick(parameters, state, tick)`, and returns the folder for STRATEGIES_DIR. */
export function userStrategies(folder: string, bodies: Readonly<Record<string, string>>): string {
  const strategies = join(folder, 'strategies');
  mkdirSync(strategies);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [type, body] of Object.entries(bodies)) writeFileSync(join(strategies, `${type}.ts`), source(type, body));
  return strategies;
}

function source(type: string, body: string): string {
  return `export const strategy = {
  type: '${type}',
  version: 1,
  summary: 'A strategy of a test.',
  parameters: {},
  warmUpTicks: () => 1,
  start: () => ({ ticks: 0 }),
  onTick(parameters: object, state: { ticks: number }, tick: { price: number }): object | undefined {
    state.ticks++;
    ${body}
  },
};
`;
}
