/** What people do here goes through the same API that everybody uses, with the token of whoever they say they are. */

/** Who is chosen at the top of the page. */
export function signedInAs(): string {
  return document.querySelector<HTMLSelectElement>('#who')?.value ?? '';
}

/** Remembers who looks. */
export async function signIn(login: string): Promise<void> {
  await fetch('/-/page/sign-in', { method: 'POST', body: new URLSearchParams({ login }), redirect: 'manual' });
}

async function tokenOf(login: string): Promise<string> {
  const response = await fetch('/-/page/token', { method: 'POST', body: new URLSearchParams({ login }) });
  if (!response.ok) throw new Error(await response.text());
  const { token } = (await response.json()) as { token: string };
  return token;
}

/**
 * Sends one request as somebody.
 * @throws Error with GitHub's own words when it is refused
 */
export async function ask(login: string, path: string, body?: unknown): Promise<void> {
  const { api = '', repository = '' } = document.body.dataset;
  const response = await fetch(`${api}/repos/${repository}/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await tokenOf(login)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.ok) return;
  throw new Error(wordsOf(await response.text(), response.status));
}

function wordsOf(text: string, status: number): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not JSON: the status says enough.
  }
  return `The server answered ${status}.`;
}

/** Shows what went wrong, or nothing. */
export function showProblem(place: Element | null, problem: unknown): void {
  if (place !== null) place.textContent = problem === null ? '' : problem instanceof Error ? problem.message : String(problem);
}
