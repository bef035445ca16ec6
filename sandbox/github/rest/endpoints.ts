import type { OperationId } from '../operations.ts';
import { actionsEndpoints } from './actions.ts';
import { deploymentEndpoints } from './deployments.ts';
import type { Endpoints } from './endpoint.ts';
import { environmentEndpoints } from './environments.ts';
import { gitEndpoints } from './git.ts';
import { issueEndpoints } from './issues.ts';
import { labelEndpoints } from './labels.ts';
import { userEndpoints } from './users.ts';

/** Every REST operation the sandbox serves. The type makes sure that none of the list is missing. */
export const endpoints: Endpoints<OperationId> = {
  ...actionsEndpoints,
  ...deploymentEndpoints,
  ...environmentEndpoints,
  ...gitEndpoints,
  ...issueEndpoints,
  ...labelEndpoints,
  ...userEndpoints,
};
