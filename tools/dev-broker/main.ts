// A real Kafka for one's own work, without Docker: prints where it listens and runs until Ctrl-C.
//
//   npm run dev-broker               one node
//   npm run dev-broker -- --nodes=3  three, with every topic on all of them
//
// Under Node 24 the same is `node tools/dev-broker/main.ts`.
import { startBroker } from './broker.ts';

const asked = /^--nodes=([1-9])$/.exec(process.argv[2] ?? '--nodes=1')?.[1];
if (asked === undefined || process.argv.length > 3) fail('expected nothing, or --nodes= and a number from 1 to 9');
else await serve(Number(asked));

async function serve(nodes: number): Promise<void> {
  const broker = await startBroker({ nodes });
  if ('missing' in broker) return fail(broker.missing);
  const servers = broker.bootstrapServers.join(',');
  console.log(`Kafka answers at ${servers}. In another terminal:

  export REDPANDA__BOOTSTRAP_SERVERS=${servers}

Ctrl-C stops it and removes what it holds.`);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  await broker.stop();
}

function fail(why: string): void {
  console.error(`dev-broker: ${why}`);
  process.exitCode = 1;
}
