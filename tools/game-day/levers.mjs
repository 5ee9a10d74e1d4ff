// Loaded into the platform of a game day before anything else: on SIGUSR2 the process takes up what `levers.json` in its folder
// says, because nothing outside can move the clock of one process or make a strategy fail at a chosen moment.
import { readFileSync } from 'node:fs';

const now = Date.now;
/** @type {{ clockShiftMs: number, throws: boolean }} */
const levers = { clockShiftMs: 0, throws: false };
Object.assign(globalThis, { gameDay: levers });
Date.now = () => now() + levers.clockShiftMs;
process.on('SIGUSR2', () => Object.assign(levers, JSON.parse(readFileSync('levers.json', 'utf8'))));
