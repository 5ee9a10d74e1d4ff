// The broker's jars: fetched once from Maven Central into the data folder, which git ignores, and used from there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../pinned-node.mjs';
import { type Missing } from '../services/service.ts';

const folder = join(projectRoot, 'tools', 'dev-broker');
const javaMajorNeeded = 17;
const fetchMsMax = 10 * 60_000;

/** The folder that holds the jars, or what is missing to fetch or to run them. */
export function brokerJars(): string | Missing {
  const java = missingJava();
  if (java !== undefined) return java;
  const jars = join(projectRoot, 'data', 'cache', `kafka-${kafkaVersion()}`);
  if (existsSync(jars)) return jars;
  const unfinished = `${jars}-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const args = ['-q', '-B', '-f', join(folder, 'pom.xml'), 'dependency:copy-dependencies'];
  const done = spawnSync('mvn', [...args, `-DoutputDirectory=${unfinished}`], {
    encoding: 'utf8',
    timeout: fetchMsMax,
  });
  if (done.error !== undefined || done.status !== 0) {
    rmSync(unfinished, { recursive: true, force: true });
    if (done.error !== undefined) return { missing: `mvn, which fetches Kafka, cannot be run (${done.error.message})` };
    return { missing: `Kafka could not be fetched: ${lastLine(done.stdout + done.stderr)}` };
  }
  // Two that fetch at the same time each have a whole folder; the second finds the first one's in place.
  if (existsSync(jars)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, jars);
  return jars;
}

function missingJava(): Missing | undefined {
  const asked = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (asked.error !== undefined)
    return { missing: `java ${javaMajorNeeded} or later, which runs Kafka, is not installed` };
  const major = Number(/version "(\d+)/.exec(asked.stderr)?.[1]);
  if (major >= javaMajorNeeded) return undefined;
  return { missing: `Kafka needs java ${javaMajorNeeded} or later, and this is ${lastLine(asked.stderr)}` };
}

function kafkaVersion(): string {
  const pom = readFileSync(join(folder, 'pom.xml'), 'utf8');
  return /kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1] ?? 'unknown';
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
