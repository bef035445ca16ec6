import type { Place } from '../github/context.ts';
import type { State } from '../github/state.ts';

/** What every page is made from. */
export interface PageContext {
  readonly place: Place;
  readonly state: State;
  /** Who looks: chosen on the page, since there is no sign-in. `null` in a repository without people. */
  readonly viewer: string | null;
  /** How many lines of each step's log the browser has already. */
  readonly linesShown: number;
}

/** Address of a page of the repository, from the server's root. */
export function pathTo(context: PageContext, rest: string): string {
  return `/${context.place.fullName}${rest}`;
}
