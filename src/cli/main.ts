// The program `alpha-panda`. Nothing but the hand-over of the process to the command line, so that everything else can
// be tested without a process. Compiled code is kept between runs, which halves the time until a command begins.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const [{ dispatch }, { processIo }] = await Promise.all([import('./dispatch.ts'), import('./process-io.ts')]);
process.exitCode = await dispatch(process.argv.slice(2), processIo());
