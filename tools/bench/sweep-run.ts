// One search over a tape with so many threads, in a process of its own: how long it took, and what it found. Its best row must
// be what a lone run of the same parameters finds.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '#app/config/load-settings.ts';
import { makeRun } from '#app/research/make-run.ts';
import { sweep } from '#app/research/sweep.ts';
import { type Axis, readAxis } from '#core/research/parameter-space.ts';
import { sha256 } from '#wire/canonical.ts';
import { W1_SETTINGS } from './paths.ts';

const [ticks = '', jobs = '1', trials = '200'] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), 'alpha-panda-sweep-'));
const loaded = loadSettings({
  env: {},
  envFileText: readFileSync(W1_SETTINGS, 'utf8'),
  overrides: { DATA_DIR: dataDir },
});
if (!loaded.ok) throw new Error(`the settings file of W1 is refused: ${JSON.stringify(loaded.error)}`);
try {
  const from = process.hrtime.bigint();
  const found = await sweep({
    settings: loaded.value.settings,
    ticks,
    strategy: 'sma_crossover',
    axes: ['fast=5:14', 'slow=20:39', 'quantity=10'].map(
      (text) => readAxis(...(text.split('=') as [string, string])) as Axis,
    ),
    samples: Number(trials),
    seed: 42,
    jobs: Number(jobs),
    sort: 'total_return',
    boundaries: [],
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  const [best] = found.trials;
  if (best === undefined) throw new Error('the search tried nothing');
  const { parameters: bestParameters, result_sha256: bestHash } = best;
  const { settings } = loaded.value;
  const about = { settings, ticks, strategy: 'sma_crossover', parameters: bestParameters, createdAt: '' };
  const { record } = await makeRun(about);
  if (record.result_sha256 !== bestHash) {
    throw new Error(`the best row has the result ${bestHash}, a lone run ${record.result_sha256}`);
  }
  const results = found.trials.map(({ parameters, result_sha256: hash }) => [parameters, hash]);
  console.log(JSON.stringify({ seconds, trials: found.trials.length, answer: sha256(JSON.stringify(results)) }));
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
