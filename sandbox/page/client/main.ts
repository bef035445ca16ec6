import { ask, showProblem, signedInAs, signIn } from './act.ts';
import { refresh, stayLive } from './live.ts';
import { closeDialog, openDialog, sendReview } from './review.ts';

async function actOnRun(action: string): Promise<void> {
  const run = document.querySelector<HTMLElement>('[data-run]')?.dataset['run'];
  const place = document.querySelector('#run-problem');
  showProblem(place, null);
  try {
    await ask(signedInAs(), `actions/runs/${run}/${action}`);
    // A new attempt has a page of its own, whatever was looked at before.
    if (action.startsWith('rerun')) location.assign(`/${document.body.dataset['repository']}/actions/runs/${run}`);
  } catch (error) {
    showProblem(place, error);
  }
  await refresh();
}

/** Buttons, by what they are marked with. */
const CLICKS: Readonly<Record<string, (button: HTMLElement) => unknown>> = {
  '[data-act]': (button) => actOnRun(button.dataset['act'] ?? ''),
  '[data-open]': (button) => openDialog(button.dataset['open'] ?? ''),
  '[data-close]': (button) => closeDialog(button.closest('dialog')),
  '[data-review-state]': (button) => sendReview(button),
};

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element)) return;
  for (const [marked, act] of Object.entries(CLICKS)) {
    const button = event.target.closest<HTMLElement>(marked);
    if (button !== null) void act(button);
  }
});

document.querySelector('#who')?.addEventListener('change', async () => {
  await signIn(signedInAs());
  await refresh();
});

void stayLive();
