/** The few pictures of the page, drawn for it: 16 by 16, in the colour of the text around them. */
import { type Html, html, Html as Markup } from './html.ts';

const SHAPES = {
  success: '<circle cx="8" cy="8" r="7.25" fill="currentColor"/><path d="M4.8 8.3l2.2 2.2 4.3-4.6" class="on"/>',
  failure: '<circle cx="8" cy="8" r="7.25" fill="currentColor"/><path d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2" class="on"/>',
  running:
    '<circle cx="8" cy="8" r="6" class="line faint"/><path d="M8 2a6 6 0 0 1 6 6" class="line turns"/><circle cx="8" cy="8" r="2.6" fill="currentColor"/>',
  waiting: '<circle cx="8" cy="8" r="6.6" class="line"/><path d="M8 4.4V8l2.4 1.7" class="line"/>',
  queued: '<circle cx="8" cy="8" r="6.6" class="line dashed"/>',
  skipped: '<circle cx="8" cy="8" r="6.6" class="line"/><path d="M3.6 12.4l8.8-8.8" class="line"/>',
  cancelled:
    '<path d="M5.2 1.3h5.6l3.9 3.9v5.6l-3.9 3.9H5.2L1.3 10.8V5.2z" fill="currentColor"/><path d="M8 4.6v4" class="on"/><circle cx="8" cy="11.2" r=".9" class="dot"/>',
  warning:
    '<path d="M8 1.6l6.8 12.2H1.2z" class="line"/><path d="M8 6v3.6" class="line"/><circle cx="8" cy="11.7" r=".85" fill="currentColor"/>',
  notice:
    '<circle cx="8" cy="8" r="6.6" class="line"/><path d="M8 7.4v3.8" class="line"/><circle cx="8" cy="4.9" r=".95" fill="currentColor"/>',
  branch:
    '<circle cx="4.5" cy="3.4" r="1.7" class="line"/><circle cx="4.5" cy="12.6" r="1.7" class="line"/><circle cx="11.5" cy="4.6" r="1.7" class="line"/><path d="M4.5 5.1v5.8M11.5 6.3c0 2.6-4.6 1.8-6.6 4.6" class="line"/>',
  file: '<path d="M3.2 1.6h6.1l3.5 3.5v9.3H3.2z" class="line"/><path d="M9.2 1.7v3.5h3.5" class="line"/>',
  rocket:
    '<path d="M6 10c-.6-3.6 2-7.6 8-8-.4 6-4.4 8.6-8 8z" class="line"/><path d="M5.8 7.300H2.700L1.8 9.600l3 .1M8.7 10.200v3.100l-2.3.9-.1-3M3.3 11.300l-1.5 2.9 2.9-1.5" class="line"/>',
  shield:
    '<path d="M8 1.500l5.5 2v4c0 3.3-2.3 5.7-5.5 7-3.2-1.3-5.5-3.7-5.5-7v-4z" class="line"/><path d="M5.4 8l1.9 1.9 3.4-3.7" class="line"/>',
  home: '<path d="M2 7.200L8 2l6 5.200M3.6 6.400v7.400h8.800V6.4" class="line"/><path d="M6.5 13.800V9.600h3v4.2" class="line"/>',
  play: '<circle cx="8" cy="8" r="6.6" class="line"/><path d="M6.6 5.300l4.2 2.7-4.2 2.700z" fill="currentColor"/>',
  issue: '<circle cx="8" cy="8" r="6.6" class="line"/><circle cx="8" cy="8" r="1.7" fill="currentColor"/>',
  close: '<path d="M4 4l8 8M12 4l-8 8" class="line"/>',
  again: '<path d="M13.4 8a5.4 5.4 0 1 1-1.7-3.9" class="line"/><path d="M13.6 1.800v3.200h-3.2" class="line"/>',
} as const;

export type IconName = keyof typeof SHAPES;

/** A picture. With a label it is told to everybody, without one it only decorates. */
export function icon(name: IconName, label: string | null = null): Html {
  const shape = new Markup(SHAPES[name]);
  const role = label === null ? html`aria-hidden="true"` : html`role="img" aria-label="${label}"`;
  return html`<svg class="icon icon-${name}" viewBox="0 0 16 16" width="16" height="16" ${role}>${shape}</svg>`;
}
