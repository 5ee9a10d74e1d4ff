// Nothing that lies at a path is ever written over by a tape.
import { stat } from 'node:fs/promises';
import { FeedError } from './feed-error.ts';

/** Throws `FeedError` when something lies at the path already; `kind` is what was to be written there. */
export async function refuseTaken(path: string, kind: 'file' | 'folder'): Promise<void> {
  const found = await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (!found) return;
  const advice = `name another ${kind}, or take that one away first`;
  throw new FeedError('TAPE_AMBIGUOUS', `${path} is there already: ${advice}`);
}
