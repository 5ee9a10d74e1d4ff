// Unknown variables are ignored, since the environment is full of other programs' variables; but one that looks like a
// misspelt setting deserves a hint, because a limit that was set under a wrong name is no limit.

const CLOSE = 2;

/** The hint for a variable (upper case) that is no setting; undefined when it does not look like one of ours. */
export function hintFor(name: string, known: readonly string[]): string | undefined {
  const prefix = /^.+?__/.exec(name)?.[0];
  const sameSection = prefix === undefined ? [] : known.filter((candidate) => candidate.startsWith(prefix));
  if (sameSection.length > 0) {
    const likely = nearest(name, sameSection, Math.floor(name.length / 3));
    const where = `the section ${prefix} has no such setting`;
    return likely === undefined ? where : `${where}; did you mean ${likely}?`;
  }
  const likely = nearest(name, known, CLOSE);
  return likely === undefined ? undefined : `this is no setting; did you mean ${likely}?`;
}

/** The first of the candidates with the smallest distance, if that is at most `limit`. */
function nearest(name: string, candidates: readonly string[], limit: number): string | undefined {
  let best: string | undefined;
  let smallest = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= smallest) continue;
    const distance = editDistance(name, candidate);
    if (distance < smallest) {
      smallest = distance;
      best = candidate;
    }
  }
  return best;
}

/** How many letters must be added, removed or changed to make one text of the other. */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const changed = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const shorter = Math.min((above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      current.push(Math.min(changed, shorter));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
