// The thread that one hash is made on: a fifth of a second of work that the pipeline must not wait for.
import { parentPort, workerData } from 'node:worker_threads';
import { argon2id } from '@noble/hashes/argon2.js';
import type { Work } from './argon.ts';

const { password, salt, memoryKib, passes, lanes, bytes } = workerData as Work;
parentPort?.postMessage(argon2id(password, salt, { m: memoryKib, t: passes, p: lanes, dkLen: bytes }), []);
