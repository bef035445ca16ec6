import type { Read } from '../decision/evidence.ts';
import { GitHubError } from './client-error.ts';

/** What an exchange with GitHub gives, or why it gave nothing. Other errors are mistakes of ours and stay errors. */
export async function asRead<T>(exchange: () => Promise<Read<T>>): Promise<Read<T>> {
  try {
    return await exchange();
  } catch (error) {
    if (error instanceof GitHubError) return { read: false, why: error.message.replace(/\.$/, '') };
    throw error;
  }
}
