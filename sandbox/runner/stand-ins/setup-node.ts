/**
 * actions/setup-node v7: whatever is asked for, the Node.js that runs the sandbox comes first on PATH; which one that is, is said.
 * https://github.com/actions/setup-node
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { StandIn } from './stand-in.ts';

const OWN_NODE = 'it has one Node.js, its own.';
const NO_CACHE = 'it has no cache.';
const NO_REGISTRY = 'it does not configure npm.';

export const setupNode: StandIn = {
  name: 'actions/setup-node',
  inputs: {
    'node-version': { default: '' },
    'node-version-file': { default: '' },
    architecture: { default: '', only: OWN_NODE },
    'check-latest': { default: 'false' },
    'registry-url': { default: '', only: NO_REGISTRY },
    scope: { default: '', only: NO_REGISTRY },
    token: { default: '' },
    cache: { default: '', only: NO_CACHE },
    'package-manager-cache': { default: 'true' },
    'cache-dependency-path': { default: '', only: NO_CACHE },
    mirror: { default: '', only: OWN_NODE },
    'mirror-token': { default: '', only: OWN_NODE },
  },

  async main({ input, log, addPath, setOutput, workspace }) {
    const file = input('node-version-file');
    if (file !== '' && !existsSync(resolve(workspace, file)))
      throw new Error(`The specified node version file at: ${resolve(workspace, file)} does not exist`);
    const asked = input('node-version');
    log(`Node.js ${process.version} of the sandbox${asked === '' ? '' : `, where ${asked} was asked for`}`);
    addPath(dirname(process.execPath));
    setOutput('node-version', process.version);
    setOutput('cache-hit', 'false');
  },
};
