// Puts a mutant into a tree and takes it out again.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mutant } from './isolation.ts';

/** Why the replacement cannot be made in a text; undefined when it can. */
export function troubleWith({ file, from, to }: Mutant, text: string): string | undefined {
  const found = text.split(from).length - 1;
  if (found !== 1) return `expected its text once in ${file}, found it ${found} times; write it anew`;
  return from === to ? 'it changes nothing' : undefined;
}

/** Applies a mutant to a tree, and returns what undoes it. Throws when it no longer applies. */
export function apply(root: string, mutant: Mutant): () => void {
  const path = join(root, mutant.file);
  const text = readFileSync(path, 'utf8');
  const trouble = troubleWith(mutant, text);
  if (trouble !== undefined) throw new Error(`the mutant "${mutant.name}" no longer applies: ${trouble}`);
  writeFileSync(
    path,
    text.replace(mutant.from, () => mutant.to),
  );
  return () => writeFileSync(path, text);
}
