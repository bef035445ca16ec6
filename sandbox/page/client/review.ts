/** *Review deployments*: a dialog of the browser's own, which keeps the focus inside and closes with Escape. */
import { ask, showProblem, signedInAs } from './act.ts';
import { refresh } from './live.ts';

/** Opens the dialog of that name. Everything in it is asked anew. */
export function openDialog(name: string): void {
  const dialog = document.querySelector<HTMLDialogElement>(`dialog#${CSS.escape(name)}`);
  if (dialog === null) return;
  showProblem(dialog.querySelector('[data-problem]'), null);
  const who = dialog.querySelector<HTMLSelectElement>('[data-review-as]');
  if (who !== null) who.value = signedInAs();
  dialog.showModal();
}

export async function closeDialog(dialog: HTMLDialogElement | null): Promise<void> {
  dialog?.close();
  await refresh();
}

/** Sends the review. What the API refuses is shown where the form still is. */
export async function sendReview(button: HTMLElement): Promise<void> {
  const dialog = button.closest('dialog');
  const run = document.querySelector<HTMLElement>('[data-run]')?.dataset['run'];
  if (dialog === null || run === undefined) return;
  const ids = [...dialog.querySelectorAll<HTMLInputElement>('input[type=checkbox]:checked')].map((box) => Number(box.value));
  const problem = dialog.querySelector('[data-problem]');
  showProblem(problem, ids.length === 0 ? 'Choose at least one environment.' : null);
  if (ids.length === 0) return;
  const login = dialog.querySelector<HTMLSelectElement>('[data-review-as]')?.value ?? signedInAs();
  const comment = dialog.querySelector('textarea')?.value ?? '';
  const buttons = dialog.querySelectorAll<HTMLButtonElement>('[data-review-state]');
  for (const one of buttons) one.disabled = true;
  try {
    await ask(login, `actions/runs/${run}/pending_deployments`, {
      environment_ids: ids,
      state: button.dataset['reviewState'],
      comment,
    });
    await closeDialog(dialog);
    // What opened the dialog is gone.
    document.querySelector<HTMLElement>('#main')?.focus();
  } catch (error) {
    showProblem(problem, error);
  } finally {
    for (const one of buttons) one.disabled = false;
    if (dialog.open) button.focus();
  }
}
