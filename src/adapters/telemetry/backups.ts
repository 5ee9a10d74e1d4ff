// Names and moves of rotated files: `trading.log` becomes `trading.1.log`, which becomes `trading.2.log`, and so on up
// to the number that is kept. The writer and the upkeep share it.

import { existsSync, renameSync, rmSync } from 'node:fs';

/** `logs/trading.log` with number 3 is `logs/trading.3.log`. */
export function backupPath(path: string, number: number): string {
  return path.replace(/\.log$/, `.${number}.log`);
}

/** Moves the current file to number 1 and the others one up; the one past `count` goes. Throws what the disk says. */
export function rotateBackups(path: string, count: number): void {
  if (count === 0) {
    rmSync(path, { force: true });
    return;
  }
  // Upkeep takes files out of the row, so the first gap ends the moving.
  let last = 1;
  while (last < count && existsSync(backupPath(path, last))) last += 1;
  for (let number = last; number > 1; number -= 1) {
    renameSync(backupPath(path, number - 1), backupPath(path, number));
  }
  renameSync(path, backupPath(path, 1));
}
