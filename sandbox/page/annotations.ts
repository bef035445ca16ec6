import type { Job, JobAnnotation, Run } from '../github/state.ts';
import type { PageContext } from './context.ts';
import { type Html, html } from './html.ts';
import { type IconName, icon } from './icons.ts';
import { runPath } from './run-parts.ts';

const ICONS: Readonly<Record<JobAnnotation['level'], IconName>> = { error: 'failure', warning: 'warning', notice: 'notice' };
const WORDS: Readonly<Record<JobAnnotation['level'], string>> = { error: 'Error', warning: 'Warning', notice: 'Notice' };

/** What jobs wanted people to see. */
export function annotationList(
  context: PageContext,
  run: Run,
  all: readonly { readonly job: Job; readonly annotation: JobAnnotation }[],
): Html {
  return html`<ul class="rows annotations">${all.map(
    ({ job, annotation }) => html`<li>
      <span class="status status-${ICONS[annotation.level]}">${icon(ICONS[annotation.level], WORDS[annotation.level])}</span>
      <div class="row-main">
        <p class="row-title"><a href="${runPath(context, run, `/job/${job.id}`)}">${annotation.title ?? job.name}</a>${place(annotation)}</p>
        <p class="annotation-text">${annotation.message}</p>
      </div>
    </li>`,
  )}</ul>`;
}

function place({ file, line }: JobAnnotation): Html | null {
  return file === null ? null : html` <code>${file}${line !== null && `#L${line}`}</code>`;
}
