// The connections that a program opens, each with where it went.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Place } from './place.ts';
import { type Env } from './processes.ts';

export interface Connection {
  readonly address: string;
  readonly port: number;
}

const WATCH = pathToFileURL(join(import.meta.dirname, 'watch-sockets.mjs')).href;
const OPENED = 'opened';

/** What a program needs for its connections to be written down. */
export function watched(place: Pick<Place, 'folder'>): Env {
  return { NODE_OPTIONS: `--import ${WATCH}`, SOCKETS_SEEN: seenIn(place) };
}

/** Every connection so far; throws when one was begun and it is not known where it went. */
export function connectionsOf(place: Pick<Place, 'folder'>): readonly Connection[] {
  const lines = existsSync(seenIn(place)) ? readFileSync(seenIn(place), 'utf8').trim().split('\n') : [];
  const made = lines.filter((line) => line !== OPENED);
  if (lines.length !== 2 * made.length)
    throw new Error(`${lines.length - made.length} were begun, ${made.length} stood`);
  return made.map((line) => {
    const [address = '', port = ''] = line.split(' ');
    return { address, port: Number(port) };
  });
}

function seenIn({ folder }: Pick<Place, 'folder'>): string {
  return join(folder, 'sockets');
}
