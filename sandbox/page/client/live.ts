/** Asks for the present page again and again, and shows what changed. */
import { drawDiagrams } from './diagrams.ts';
import { followLog, logPosition } from './log.ts';
import { morph, rememberMarkdown } from './morph.ts';

const PAUSE = 500;
const PARTS = ['.tabs', '#main'];

let tag: string | null = null;
let failed = 0;

/** Brings the page up to date now. */
export async function refresh(): Promise<void> {
  const shown = document.querySelectorAll('[data-append] > li').length;
  const response = await fetch(location.href, {
    headers: { 'x-lines-shown': String(shown), ...(tag === null ? {} : { 'if-none-match': tag }) },
    cache: 'no-store',
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status === 304) return;
  const text = await response.text();
  const wanted = new DOMParser().parseFromString(text, 'text/html');
  tag = response.headers.get('etag');
  apply(wanted);
}

function apply(wanted: Document): void {
  const position = logPosition();
  announce(wanted);
  document.title = wanted.title;
  for (const part of PARTS) {
    const [shown, next] = [document.querySelector(part), wanted.querySelector(part)];
    if (shown !== null && next !== null) morph(shown, next);
  }
  drawDiagrams();
  followLog(position);
}

/** Tells those who do not see it that a run's status changed. */
function announce(wanted: Document): void {
  const status = (of: Document) => of.querySelector<HTMLElement>('[data-run]')?.dataset['status'];
  const [before, after] = [status(document), status(wanted)];
  if (after === undefined || before === after) return;
  const place = document.querySelector('#announce');
  if (place !== null) place.textContent = `The run's status is now: ${after}`;
}

/** Runs for as long as the page is open; rests while it is not looked at, and longer when nobody answers. */
export async function stayLive(): Promise<void> {
  rememberMarkdown(document);
  drawDiagrams();
  for (;;) {
    await pause(PAUSE * Math.min(2 ** failed, 16));
    if (document.hidden) continue;
    try {
      await refresh();
      failed = 0;
    } catch {
      failed += 1;
    }
    document.body.classList.toggle('offline', failed > 2);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
