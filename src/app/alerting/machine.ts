// How much of this machine is in use, as shares from 0 to 1.
import { statfs } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { availableMemory, constrainedMemory } from 'node:process';

export interface MachineUse {
  readonly memory: number;
  /** Of all processors since the use was looked at last; 0 the first time. */
  readonly cpu: number;
  /** Of the disk of the folder, as those see it who may not use its reserve. */
  readonly disk: number;
}

export class Machine {
  readonly #folder: string;
  #times = processorTimes();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects when the file system of the folder cannot be asked. */
  async look(): Promise<MachineUse> {
    const { blocks, bavail } = await statfs(this.#folder);
    return { memory: memoryInUse(), cpu: this.#cpuInUse(), disk: 1 - bavail / blocks };
  }

  #cpuInUse(): number {
    const before = this.#times;
    this.#times = processorTimes();
    const all = this.#times.all - before.all;
    return all === 0 ? 0 : 1 - (this.#times.idle - before.idle) / all;
  }
}

/** Of what a container may use, where there is one. */
function memoryInUse(): number {
  const most = constrainedMemory();
  const total = most > 0 && most < totalmem() ? most : totalmem();
  return Math.max(0, 1 - availableMemory() / total);
}

function processorTimes(): { readonly idle: number; readonly all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.idle + times.user + times.nice + times.sys + times.irq;
  }
  return { idle, all };
}
