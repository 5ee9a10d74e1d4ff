// The program `alpha-panda`. Nothing but the hand-over of the process to the command line, so that everything else can
// be tested without a process.
import { dispatch } from './dispatch.ts';
import { processIo } from './process-io.ts';

process.exitCode = await dispatch(process.argv.slice(2), processIo());
