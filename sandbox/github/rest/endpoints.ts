import type { OperationId } from '../operations.ts';
import { actionsEndpoints } from './actions.ts';
import { artifactEndpoints } from './artifacts.ts';
import { deploymentEndpoints } from './deployments.ts';
import type { Endpoints } from './endpoint.ts';
import { environmentEndpoints } from './environments.ts';
import { gitEndpoints } from './git.ts';
import { issueEndpoints } from './issues.ts';
import { jobEndpoints } from './jobs.ts';
import { labelEndpoints } from './labels.ts';
import { runEndpoints } from './runs.ts';
import { userEndpoints } from './users.ts';

/** Every REST operation the sandbox serves. The type makes sure that none of the list is missing. */
export const endpoints: Endpoints<OperationId> = {
  ...actionsEndpoints,
  ...artifactEndpoints,
  ...deploymentEndpoints,
  ...environmentEndpoints,
  ...gitEndpoints,
  ...issueEndpoints,
  ...jobEndpoints,
  ...labelEndpoints,
  ...runEndpoints,
  ...userEndpoints,
};
