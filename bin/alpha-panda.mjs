#!/usr/bin/env node
// The command `alpha-panda`: the command line of src/cli under a Node that can run it. It installs nothing, so that it
// starts at once.
import { runUnderPinnedNode } from '../tools/pinned-node.mjs';

void runUnderPinnedNode('src/cli/main.ts', process.argv.slice(2));
