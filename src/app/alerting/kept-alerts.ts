// The alerts that the processes of a deployment keep on this machine, for whoever is not one of them.
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { alertLine } from '#api/alert-line.ts';
import { type AlertLine } from '#api/contract.ts';
import { RequestError } from '../reading/open-store.ts';
import { RefusedError } from '../requests.ts';
import { leaveAcknowledgement, readAlerts } from './alert-file.ts';

/** Of every process; the id of one in a process of its own begins with the name of that. */
export function keptAlerts(dataDir: string): readonly AlertLine[] {
  return foldersIn(dataDir).flatMap((folder) =>
    readAlerts(join(dataDir, folder)).map((alert) => alertLine({ ...alert, id: join(folder, alert.id) })),
  );
}

/** Leaves word for the process that keeps the alert; it takes it up at its next look. Throws when it cannot be acknowledged. */
export function acknowledgeKept(dataDir: string, id: string, who: string, why: string): void {
  const known = keptAlerts(dataDir).find((alert) => alert.id === id);
  if (known === undefined)
    throw new RequestError(`there is no alert ${id}; alpha-panda alerts list shows those there are`);
  if (known.state === 'resolved') throw new RefusedError(`alert ${id} has ended, so there is nothing to acknowledge`);
  const folder = id.includes('/') ? join(dataDir, dirname(id)) : dataDir;
  leaveAcknowledgement(folder, { id: id.slice(id.lastIndexOf('/') + 1), who, why });
}

function foldersIn(dataDir: string): readonly string[] {
  return globSync(['alerts.json', '*/alerts.json'], { cwd: dataDir })
    .map((path) => dirname(path.replaceAll('\\', '/')))
    .toSorted();
}
