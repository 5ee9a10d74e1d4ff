// `npm run game-day`: injects faults into platforms that really run, one after another, and waits for the alert of each where
// people are told of it. Exits with 1 when one does not come, takes longer than half a minute, or has no page of the runbook.
//
//   --only PATTERN   the groups whose name matches: paper, machine, broker, servers
import { parseArgs } from 'node:util';
import { brokerFaults, openLiveStage } from './broker-faults.ts';
import { drill, type Fault, type Line } from './drill.ts';
import { machineFaults, machineThresholds } from './machine-faults.ts';
import { layStrategy, PAPER, paperFaults } from './paper-faults.ts';
import { openServerStage, serverFaults } from './server-faults.ts';
import { openStage, type Ending } from './stage.ts';
import { lineText, summaryText } from './table.ts';

type Told = (line: Line) => void;
/** The faults of a platform that it has started; a text is a fault that this machine does not allow. */
type Group = (ending: Ending, told: Told) => Promise<readonly Line[]>;

const skipped: string[] = [];

const GROUPS: Readonly<Record<string, Group>> = {
  paper: async (ending, told) => {
    const stage = await openStage(ending, told, PAPER, layStrategy);
    return drill(await paperFaults(stage), stage.watched);
  },
  machine: async (ending, told) => {
    const stage = await openStage(ending, told, { ...PAPER, ...(await machineThresholds('.')) });
    return drill(allowed(machineFaults(stage)), stage.watched);
  },
  broker: async (ending, told) => {
    const stage = await openLiveStage(ending, told);
    return drill(await brokerFaults(stage), stage.watched);
  },
  servers: async (ending, told) => {
    const stage = await openServerStage(ending, told);
    if (typeof stage !== 'string') return drill(serverFaults(stage), stage.watched);
    skipped.push(`servers (${stage})`);
    return [];
  },
};

function allowed(faults: readonly (Fault | string)[]): readonly Fault[] {
  skipped.push(...faults.filter((fault) => typeof fault === 'string'));
  return faults.filter((fault) => typeof fault !== 'string');
}

async function played(group: Group): Promise<readonly Line[]> {
  const endings: (() => unknown)[] = [];
  try {
    return await group({ after: (end) => endings.push(end) }, (line) => console.log(lineText(line)));
  } finally {
    for (const end of endings) await end();
  }
}

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const lines: Line[] = [];
for (const [name, group] of Object.entries(GROUPS)) {
  if (new RegExp(values.only).test(name)) lines.push(...(await played(group)));
}
console.log(summaryText(lines, skipped));
process.exitCode = lines.length > 0 && lines.every(({ trouble }) => trouble === undefined) ? 0 : 1;
