import { GitHubError } from '../github/client.ts';

/**
 * Does something that the command cannot go on without. When GitHub lets it down, the error begins with what that means for the people
 * waiting; the request that failed, and what to do, follow.
 * @param consequence one or two whole sentences
 */
export async function orElse<T>(consequence: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof GitHubError) throw new GitHubError(error.failure, `${consequence} ${error.message}`);
    throw error;
  }
}
