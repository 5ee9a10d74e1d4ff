// `alpha-panda strategies`: what can run and what runs where; deploy a file, switch a deployment on or off.
import type { Settings } from '#app/config/settings-schema.ts';
import type { DeploymentLine, StrategiesReport, StrategyDetails } from '#app/reading/strategies.ts';
import { oneOf, UsageError } from '../arguments.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { renderTable, words } from '../table.ts';

const ACTIONS = ['list', 'show', 'deploy', 'enable', 'disable'] as const;

export const strategiesCommand = defineCommand(
  {
    name: 'strategies',
    summary: 'Lists strategies and deployments, shows one, deploys a file, switches a deployment on or off.',
    operands: 'list|show ID|deploy FILE|enable ID|disable ID',
    operandsMin: 1,
    operandsMax: 2,
    flags: {
      broker: { ...BROKER_FLAG, help: 'enable, disable: only in this broker namespace.' },
      why: { kind: 'text', value: 'TEXT', help: 'enable, disable: why, for whoever asks later.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'A deployment is a JSON file with strategy_id and strategy and, if wanted, parameters, instruments and brokers.',
      'It runs from the next start on. enable and disable reach a running platform at once.',
    ],
  },
  async ({ flags, operands }, io) => {
    const action = oneOf('strategies', operands[0] ?? '', ACTIONS);
    const id = operands[1];
    if (action === 'list' && id !== undefined) throw new UsageError(`"${id}" is one argument too many`);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] }, true);
    if (action === 'list') return list(settings, flags.json, io);
    if (id === undefined) throw new UsageError(`expected ${action === 'deploy' ? 'FILE' : 'ID'} behind ${action}`);
    if (action === 'show') return show(settings, id, flags.json, io);
    if (action === 'deploy') return deploy(settings, id, io);
    return toggle(settings, action, { id, broker: flags.broker, why: flags.why }, io);
  },
);

async function list(settings: Settings, json: boolean, io: Io): Promise<number> {
  const { readStrategies } = await import('#app/reading/strategies.ts');
  const report = await readStrategies(settings);
  await io.stdout.write(json ? jsonText(report) : listText(report, io));
  return EXIT.good;
}

function listText({ strategies, deployed, deployments }: StrategiesReport, io: Io): string {
  const heading = (text: string): string => paint(io, 'bold', text);
  const kinds = renderTable(
    [words('strategy'), words('version'), words('summary')],
    strategies.map(({ strategy, version, summary }) => [strategy, `${version}`, summary]),
    { heading },
  );
  const what = deployed === 'files' ? 'Deployed' : 'Deployed (the shipped set, as you deployed none of your own)';
  return `${kinds}\n${what}\n${deploymentTable(deployments, heading)}`;
}

function deploymentTable(deployments: readonly DeploymentLine[], heading: (text: string) => string): string {
  const rows = deployments.flatMap(({ strategy_id, strategy, instruments, brokers }) =>
    brokers.map(({ broker, status, who, why }) => {
      const on = instruments === 'all' ? 'all' : instruments.join(' ');
      return [strategy_id, strategy, on, broker, status, why === null ? '' : `${who}: ${why}`];
    }),
  );
  const titles = ['deployment', 'strategy', 'instruments', 'broker', 'status', 'why'];
  return renderTable(titles.map(words), rows, { heading });
}

async function show(settings: Settings, id: string, json: boolean, io: Io): Promise<number> {
  const { readStrategy } = await import('#app/reading/strategies.ts');
  const details = await readStrategy(settings, id);
  await io.stdout.write(json ? jsonText(details) : showText(details, io));
  return EXIT.good;
}

function showText(details: StrategyDetails, io: Io): string {
  const heading = (text: string): string => paint(io, 'bold', text);
  const rows = details.parameters.map((parameter) => [
    parameter.name,
    `${parameter.default}`,
    parameter.accepts,
    parameter.doc,
  ]);
  const parameters = renderTable(['parameter', 'default', 'accepts', ''].map(words), rows, { heading });
  const warmUp = details.warm_up_ticks === null ? '' : `, first signal after ${details.warm_up_ticks} ticks`;
  const { strategy, version, summary, deployments } = details;
  const where = deployments.length === 0 ? 'Not deployed.\n' : deploymentTable(deployments, heading);
  return `${strategy}, version ${version}${warmUp}\n${summary}\n\n${parameters}\n${where}`;
}

async function deploy(settings: Settings, file: string, io: Io): Promise<number> {
  const { deployFile } = await import('#app/deploying.ts');
  const { path, strategyId, notices } = await deployFile(settings, io.folder, file);
  await io.stdout.write(`deployed ${strategyId} as ${path}; it runs from the next start on\n`);
  for (const notice of notices) await io.stderr.write(`${notice}\n`);
  return EXIT.good;
}

interface Toggle {
  readonly id: string;
  readonly broker: string | undefined;
  readonly why: string | undefined;
}

async function toggle(settings: Settings, action: 'enable' | 'disable', given: Toggle, io: Io): Promise<number> {
  const { switchDeployment } = await import('#app/deploying.ts');
  const why = given.why ?? `${action}d from the command line`;
  const { id: strategyId, broker } = given;
  const brokers = await switchDeployment(settings, { strategyId, broker, action, who: io.user(), why });
  await io.stdout.write(`${action} ${strategyId} is requested for ${brokers.join(', ')}\n`);
  return EXIT.good;
}
