import type { Repository } from '../github/records.ts';
import { readEnvironments, type SettingsPort } from '../github/settings.ts';
import type { ExistingEnvironment } from '../setup/repository.ts';

/**
 * The environments that a repository has on GitHub, with their reviewers.
 * @throws GitHubError when they could not be read.
 */
export async function existingEnvironments(client: SettingsPort, repository: Repository): Promise<readonly ExistingEnvironment[]> {
  const environments = await readEnvironments(client, repository);
  return environments.map(({ name, reviewers }) => ({ name, reviewers: reviewers.map((reviewer) => reviewer.name) }));
}
