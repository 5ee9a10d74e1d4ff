import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { loadStrategies } from './strategies.ts';
import { pumped, tapeOf } from '../../test/settings/platform-run.ts';
import { settingsOf } from '../../test/settings/settings-run.ts';
import { temporaryFolder } from '../../test/support/tape-builder.ts';
import { deploy, resolveDeployment, type DeploymentFile } from './deployments.ts';
import { ModelFiles } from './models.ts';
import { runVerify } from './reading/verify.ts';

/** A model of ml_momentum that is certain of a rise. */
function certain(bias: number): object {
  const features = ['total_return', 'short_return', 'deviation', 'price', 'ticks'];
  return { kind: 'logistic', features, weights: [0, 0, 0, 0, 0], bias };
}

function folderWith(t: TestContext, name: string, content: object | string): string {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, `${name}.json`), typeof content === 'string' ? content : JSON.stringify(content));
  return folder;
}

function deploymentOf(model: string): DeploymentFile {
  const parameters = { model, lookback_periods: 6, position_size: 1 };
  return { strategy_id: 'mine', strategy: 'ml_momentum', parameters, instruments: 'all' };
}

describe('model files', () => {
  test('are found in the user’s folder, and else among those that ship, and are bound by their content', (t) => {
    const own = certain(3);
    const files = new ModelFiles({ strategiesDir: folderWith(t, 'momentum_v1', own) });
    const hash = createHash('sha256').update(JSON.stringify(own)).digest('hex');
    assert.equal(files.reference('momentum_v1'), `momentum_v1@${hash}`);
    assert.equal(files.reference(`momentum_v1@${hash}`), `momentum_v1@${hash}`);
    assert.deepEqual(files.find(`momentum_v1@${hash}`), own);
    const shipped = new ModelFiles({ strategiesDir: undefined });
    assert.notEqual(shipped.reference('momentum_v1'), `momentum_v1@${hash}`);
    assert.equal(shipped.find(shipped.reference('breakout_v1')).kind, 'forest');
    files.keep();
  });

  test('that are missing, no JSON, no model or of other content are refused in words', (t) => {
    const refer = (content: object | string, name = 'mine'): (() => string) => {
      const files = new ModelFiles({ strategiesDir: folderWith(t, 'mine', content) });
      return () => files.reference(name);
    };
    assert.throws(refer(certain(1), 'other'), /there is no model other: expected other\.json in .* or .*models/);
    assert.throws(refer('{'), /the model mine is not JSON/);
    assert.throws(refer({ kind: 'oracle' }), /the model mine cannot be used: .*/);
    assert.throws(
      refer(certain(1), `mine@${'0'.repeat(64)}`),
      /has the content [0-9a-f]{64}, not 0{64}; leave the hash out/,
    );
  });

  test('stay as they were deployed, after the file has changed or gone', (t) => {
    const strategiesDir = folderWith(t, 'mine', certain(1));
    const dataDir = join(temporaryFolder(t), 'data');
    const first = new ModelFiles({ strategiesDir, dataDir });
    const reference = first.reference('mine');
    first.keep();
    first.keep();
    assert.deepEqual(readdirSync(join(dataDir, 'models')), [`${reference.split('@')[1]}.json`]);
    writeFileSync(join(strategiesDir, 'mine.json'), JSON.stringify(certain(2)));
    const next = new ModelFiles({ strategiesDir, dataDir });
    assert.notEqual(next.reference('mine'), reference);
    assert.deepEqual(next.find(reference), certain(1));
    rmSync(join(dataDir, 'models'), { recursive: true });
    assert.throws(
      () => new ModelFiles({ strategiesDir, dataDir }).find(reference),
      /written with a model mine whose content is not there now \(sha256 [0-9a-f]{64}\); put the file back/,
    );
  });
});

test('a deployment names a model, and is refused when there is none', async (t) => {
  const models = new ModelFiles({ strategiesDir: folderWith(t, 'mine', certain(1)) });
  const context = { brokers: [], instruments: [], catalogue: await loadStrategies(undefined), models };
  const { parameters } = resolveDeployment(deploymentOf('mine'), context);
  assert.equal(parameters['model'], models.reference('mine'));
  assert.throws(() => resolveDeployment(deploymentOf('none'), context), /deployment mine: there is no model none/);
});

test('a deployment goes on with another model after a restart, and the log is verified with both', async (t) => {
  const strategiesDir = join(temporaryFolder(t), 'own');
  mkdirSync(strategiesDir);
  const write = (bias: number): void => writeFileSync(join(strategiesDir, 'mine.json'), JSON.stringify(certain(bias)));
  const dataDir = join(temporaryFolder(t), 'data');
  deploy(dataDir, deploymentOf('mine'));
  const env = {
    ACTIVE_BROKERS: 'paper',
    DATA_DIR: dataDir,
    STRATEGIES_DIR: strategiesDir,
    FEED__SOURCE: tapeOf(t, 40),
  };
  const strategies = (await loadStrategies(undefined)).filter(({ type }) => type === 'ml_momentum');
  const run = async (): Promise<number> =>
    pumped(t, env, ({ store }) => store.read('paper.signals.raw', 0, 1_000).length, { strategies });
  write(5);
  assert.equal(await run(), 1, 'one signal, when the model begins to say so');
  write(-5);
  assert.equal(await run(), 1);
  assert.equal(readdirSync(join(dataDir, 'models')).length, 2);
  const [report] = await runVerify(settingsOf(env), () => undefined);
  assert.ok(report !== undefined);
  assert.equal(report.difference, undefined);
});
