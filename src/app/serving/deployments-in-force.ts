// What is deployed, as the API tells it: read anew at each question, because a file of a deployment may change while it runs.
import type { DeploymentLine } from '#api/contract.ts';
import type { Settings } from '../config/settings-schema.ts';
import type { OpenPlace } from '../place.ts';
import { readStrategies } from '../reading/strategies.ts';

export function deploymentsOf(settings: Settings, within: OpenPlace): () => Promise<readonly DeploymentLine[]> {
  return async () => {
    const { deployments } = await readStrategies(settings, within);
    return deployments.map(({ parameters, instruments, brokers, ...line }) => ({
      ...line,
      parameters: { ...parameters },
      instruments: typeof instruments === 'string' ? instruments : instruments.map(String),
      brokers: brokers.map((each) => ({ ...each })),
    }));
  };
}
