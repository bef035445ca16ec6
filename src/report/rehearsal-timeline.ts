import { intervalInWords, millisecondsInWords, secondsInWords } from '../rehearsal/amounts.ts';
import type { PhaseFacts, RehearsalEvidence } from '../rehearsal/evidence.ts';
import type { LockTrace, Observation, StatementTrace, WaitTrace } from '../rehearsal/observed.ts';
import { escapeHtml } from './html.ts';
import { cut, phaseOf, shortMode } from './rehearsal-content.ts';
import { alignedStall, roundStep } from './rehearsal-gantt.ts';
import { counted } from './words.ts';

/** More rows of a kind than this make no picture; the tables of the page have all of them. */
const MOST_STATEMENTS = 25;
const MOST_RELATIONS = 15;
const MOST_BARS = 60;

/** Pixels. Horizontal places are percentages, so that text keeps its size however wide the picture is. */
const LABEL = 15;
const BAR = 12;
const GAP = 7;
const HEADING = 30;
const AXIS = 22;
/** Narrower than this, in percent, a bar could not be seen. */
const NARROWEST = 0.5;
/** Letters of a label that fit into one line of a picture, by the class of the text that is shown at its width. */
const LABELS = [
  ['rt-wide', 118],
  ['rt-middle', 66],
  ['rt-narrow', 46],
] as const;

type Look = 'statement' | 'failed' | 'everybody' | 'writers' | 'schema' | 'wait' | 'stall';

interface Bar {
  readonly look: Look;
  readonly from: number;
  /** Until here it lasted for sure. */
  readonly surely: number;
  /** Until here it may have lasted. */
  readonly perhaps: number;
  readonly title: string;
}

interface Row {
  readonly label: string;
  readonly mono: boolean;
  /** Bars that lie over each other in time get a track of their own. */
  readonly tracks: readonly (readonly Bar[])[];
}

interface Lane {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly left: string;
}

interface Panel {
  readonly title: string;
  readonly lanes: readonly Lane[];
}

/**
 * The timeline as one SVG without anything from outside: statements, locks by relation, waits, and the stalls of readers and writers, for
 * the migration alone and beside load, each with an axis of its own. It fills the width that it is given, and follows the reader's light
 * or dark scheme. Empty when nothing was observed.
 */
export function timelineSvg(evidence: RehearsalEvidence): string {
  const panels = [panelOf(phaseOf(evidence, 'up'), 'Alone'), panelOf(phaseOf(evidence, 'load'), 'Beside readers and writers')];
  const shown = panels.filter((panel) => panel !== null);
  if (shown.length === 0) return '';
  const drawing = new Drawing();
  legend(drawing);
  for (const panel of shown) drawPanel(drawing, panel);
  const what = `Timeline of the migration of ${evidence.candidate.version}`;
  const summary = shown
    .map(({ title, lanes }) => `${title}: ${lanes.map((lane) => `${lane.title}, ${counted(lane.rows.length, 'row')}`).join('; ')}.`)
    .join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="rt" width="100%" height="${drawing.height + 8}" role="img" aria-label="${escapeHtml(what)}" aria-describedby="rt-desc" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" font-size="12">`,
    `<title>${escapeHtml(what)}</title>`,
    `<desc id="rt-desc">${escapeHtml(`Bars on a time axis. Full bars were measured, hatched ones may have lasted that long. ${summary}`, 1500)}</desc>`,
    `<style>${STYLE}</style>`,
    `<defs>${['everybody', 'writers', 'schema', 'wait'].map(hatch).join('')}</defs>`,
    '<rect class="rt-paper" width="100%" height="100%"/>',
    '<svg x="1.5%" width="97%" height="100%" overflow="visible" aria-hidden="true">',
    ...drawing.parts,
    '</svg>',
    '</svg>',
  ].join('\n');
}

const STYLE = `
.rt{--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--paper:#fff;--statement:#0969da;--failed:#8250df;--everybody:#cf222e;--writers:#bc4c00;--schema:#818b98;--wait:#9a6700;--stall:#bf3989}
@media (prefers-color-scheme:dark){.rt{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--statement:#4493f8;--failed:#ab7df8;--everybody:#f85149;--writers:#f0883e;--schema:#7d8590;--wait:#d29922;--stall:#db61a2}}
.rt text{fill:var(--ink)}.rt .rt-soft{fill:var(--soft)}.rt .rt-mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:11.5px}
.rt .rt-head{font-size:15px;font-weight:600}.rt .rt-lane{font-weight:600;fill:var(--soft)}.rt-paper{fill:var(--paper)}.rt-line{stroke:var(--line);stroke-width:1}
.rt-track{fill:var(--line);opacity:.35}
${(['statement', 'failed', 'everybody', 'writers', 'schema', 'wait', 'stall'] as const).map((look) => `.rt-${look}{fill:var(--${look})}.rt-edge-${look}{stroke:var(--${look})}`).join('')}
.rt .rt-narrow,.rt .rt-middle{display:none}
@media (max-width:900px){.rt .rt-middle{display:inline}.rt .rt-wide{display:none}}
@media (max-width:520px){.rt .rt-narrow{display:inline}.rt .rt-middle,.rt .rt-tick{display:none}}`;

function hatch(look: string): string {
  return `<pattern id="rt-hatch-${look}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="rt-${look}" width="5" height="5" opacity=".18"/><rect class="rt-${look}" width="2" height="5"/></pattern>`;
}

/** Collects parts from top to bottom. */
class Drawing {
  readonly parts: string[] = [];
  height = 6;

  text(
    label: string,
    y: number,
    options: { readonly look?: string; readonly x?: string; readonly anchor?: string; readonly only?: string } = {},
  ): void {
    const { look = '', x = '0', anchor = 'start', only = '' } = options;
    const classes = [look, only].filter((one) => one !== '').join(' ');
    this.parts.push(
      `<text x="${x}" y="${y}"${classes === '' ? '' : ` class="${classes}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escapeHtml(label)}</text>`,
    );
  }

  /** The same text in several lengths where it is long; style shows the one that fits. */
  label(text: string, y: number, look: string): void {
    const lengths = LABELS.map(([only, longest]) => ({ only, shown: cut(text, longest) }));
    const [whole = ''] = lengths.map(({ shown }) => shown);
    if (lengths.every(({ shown }) => shown === whole)) this.text(whole, y, { look });
    else for (const { only, shown } of lengths) this.text(shown, y, { look, only });
  }
}

const LEGEND: readonly (readonly [look: Look, text: string, hatched?: boolean])[] = [
  ['statement', 'statement'],
  ['failed', 'failed statement'],
  ['everybody', 'stops reads and writes'],
  ['writers', 'stops writes'],
  ['schema', 'stops schema changes'],
  ['schema', 'hatched: at most', true],
  ['wait', 'waits for a lock'],
  ['stall', 'stalled read or write'],
];

function legend(drawing: Drawing): void {
  for (const [position, [look, text, hatched]] of LEGEND.entries()) {
    const x = position % 2 === 0 ? 0 : 50;
    const y = drawing.height + Math.floor(position / 2) * 18;
    const fill = hatched === true ? ` fill="url(#rt-hatch-${look})"` : ` class="rt-${look}"`;
    drawing.parts.push(`<rect x="${x}%" y="${y}" width="14" height="11" rx="2"${fill}/>`);
    drawing.parts.push(`<text x="${x}%" dx="20" y="${y + 10}">${escapeHtml(text)}</text>`);
  }
  drawing.height += Math.ceil(LEGEND.length / 2) * 18;
}

function drawPanel(drawing: Drawing, { title, lanes }: Panel): void {
  const bars = lanes.flatMap(({ rows }) => rows.flatMap(({ tracks }) => tracks.flat()));
  const from = Math.min(...bars.map((bar) => bar.from));
  const to = Math.max(from + 1, ...bars.map((bar) => bar.perhaps));
  const scale = (time: number): number => ((time - from) / (to - from)) * 100;
  drawing.height += HEADING;
  drawing.text(`${title}: ${millisecondsInWords(to - from)}`, drawing.height, { look: 'rt-head' });
  drawing.height += 8;
  const top = drawing.height;
  const grid = drawing.parts.length;
  drawing.height += AXIS;
  for (const lane of lanes) drawLane(drawing, lane, scale);
  drawing.parts.splice(grid, 0, ...axis(to - from, top, drawing.height));
}

/** Lines and figures at round times, at most seven; every other figure gives way in a narrow picture. */
function axis(span: number, top: number, bottom: number): string[] {
  const step = roundStep(span / 6);
  const ticks = Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
  return ticks.flatMap((time, index) => {
    const x = `${((time / span) * 100).toFixed(2)}%`;
    const anchor = index === 0 ? 'start' : time / span > 0.96 ? 'end' : 'middle';
    const only = index % 2 === 1 ? ' rt-tick' : '';
    return [
      `<line class="rt-line" x1="${x}" x2="${x}" y1="${top + AXIS - 6}" y2="${bottom}"/>`,
      `<text class="rt-soft${only}" x="${x}" y="${top + 12}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${millisecondsInWords(time)}</text>`,
    ];
  });
}

function drawLane(drawing: Drawing, { title, rows, left }: Lane, scale: (time: number) => number): void {
  if (rows.length === 0) return;
  drawing.height += 14;
  drawing.text(`${title}${left === '' ? '' : ` (${left})`}`, drawing.height, { look: 'rt-lane' });
  drawing.height += 8;
  for (const { label, mono, tracks } of rows) {
    drawing.label(label, drawing.height + LABEL - 4, mono ? 'rt-mono' : '');
    drawing.height += LABEL;
    for (const track of tracks) {
      drawing.parts.push(`<rect class="rt-track" x="0" y="${drawing.height}" width="100%" height="${BAR}" rx="2"/>`);
      for (const bar of track) drawing.parts.push(drawBar(bar, drawing.height, scale));
      drawing.height += BAR + 2;
    }
    drawing.height += GAP;
  }
}

function drawBar({ look, from, surely, perhaps, title }: Bar, y: number, scale: (time: number) => number): string {
  const [start, sure, end] = [scale(from), scale(surely), scale(perhaps)];
  const x = Math.min(start, 100 - NARROWEST);
  const solid = Math.max(NARROWEST, sure - x);
  const parts = [`<rect class="rt-${look}" x="${percent(x)}" y="${y}" width="${percent(solid)}" height="${BAR}" rx="2"/>`];
  if (end - (x + solid) > 0.05) {
    parts.push(
      `<rect fill="url(#rt-hatch-${look})" x="${percent(x + solid)}" y="${y}" width="${percent(end - x - solid)}" height="${BAR}"/>`,
    );
  }
  return `<g><title>${escapeHtml(title, 300)}</title>${parts.join('')}</g>`;
}

function percent(value: number): string {
  return `${value.toFixed(2)}%`;
}

function panelOf(phase: PhaseFacts | null, title: string): Panel | null {
  const observation = phase?.observation ?? null;
  if (phase === null || observation === null) return null;
  const lanes = [statementLane(observation), lockLane(observation), waitLane(observation), stallLane(phase, observation)].filter(
    ({ rows }) => rows.length > 0,
  );
  return lanes.length === 0 ? null : { title, lanes };
}

/** The longest ones, in the order in which they began. */
function statementLane({ statements }: Observation): Lane {
  const longest = new Set(statements.toSorted((one, other) => other.seconds - one.seconds).slice(0, MOST_STATEMENTS));
  const rows = statements
    .filter((one) => longest.has(one))
    .map((one) => ({ label: statementLabel(one), mono: true, tracks: [[statementBar(one)]] }));
  return { title: 'Statements', rows, left: leftOut(statements.length - rows.length, 'shorter one') };
}

function leftOut(count: number, what: string): string {
  return count > 0 ? `without ${counted(count, what)}` : '';
}

function statementLabel({ number, text, seconds }: StatementTrace): string {
  return `${number} · ${secondsInWords(seconds)} · ${text}`;
}

function statementBar({ number, text, began, seconds, error }: StatementTrace): Bar {
  const end = began + seconds * 1000;
  const how = error === null ? '' : `, failed with ${error}`;
  return {
    look: error === null ? 'statement' : 'failed',
    from: began,
    surely: end,
    perhaps: end,
    title: `Statement ${number}, ${secondsInWords(seconds)}${how}: ${text}`,
  };
}

const STOPS = { 'reads and writes': 'everybody', writes: 'writers', 'schema changes': 'schema' } as const;
const STRENGTH = { 'reads and writes': 2, writes: 1, 'schema changes': 0 } as const;

function lockLane({ locks }: Observation): Lane {
  const relations = [...Map.groupBy(locks, ({ relation }) => relation)].toSorted(([, one], [, other]) => strongest(other) - strongest(one));
  const rows = relations.slice(0, MOST_RELATIONS).map(([relation, own]) => {
    const modes = [
      ...new Set(own.toSorted((one, other) => STRENGTH[other.blocks] - STRENGTH[one.blocks]).map(({ mode }) => shortMode(mode))),
    ];
    return { label: `${relation} · ${cut(modes.join(', '), 60)}`, mono: false, tracks: tracksOf(own.map(lockBar)) };
  });
  return { title: 'Locks', rows, left: leftOut(relations.length - rows.length, 'relation') };
}

function strongest(locks: readonly LockTrace[]): number {
  return Math.max(...locks.map(({ blocks, held }) => STRENGTH[blocks] * 1e12 + held.atLeast));
}

function lockBar({ relation, mode, statement, from, held, blocks }: LockTrace): Bar {
  const by = statement === null ? '' : ` by statement ${statement}`;
  const title = `${mode} on ${relation}${by}, held ${intervalInWords(held)}: stops ${blocks}`;
  return { look: STOPS[blocks], from, surely: from + held.atLeast, perhaps: from + Math.max(held.atLeast, held.atMost), title };
}

const WAITERS = { migration: 'The migration waits', load: 'Readers and writers wait', other: 'Others wait' } as const;

const BEHIND = { migration: 'the migration', load: 'the load', other: 'others' } as const;

function waitLane({ waits }: Observation): Lane {
  const rows = [...Map.groupBy(waits, ({ who }) => who)].map(([who, own]) => {
    return { label: `${WAITERS[who]}, ${counted(own.length, 'time')}`, mono: false, tracks: tracksOf(own.map(waitBar)) };
  });
  return { title: 'Waiting', rows, left: '' };
}

function waitBar({ relation, mode, from, lasted, behind, statement }: WaitTrace): Bar {
  const forWhat = `${mode ?? 'a lock'}${relation === null ? '' : ` on ${relation}`}`;
  const who = statement === null ? '' : `Statement ${statement}: `;
  const title = `${who}waits ${intervalInWords(lasted)} for ${forWhat}, behind ${BEHIND[behind]}`;
  return { look: 'wait', from, surely: from + lasted.atLeast, perhaps: from + Math.max(lasted.atLeast, lasted.atMost), title };
}

function stallLane({ load }: PhaseFacts, observation: Observation): Lane {
  if (load === null) return { title: 'Stalls', rows: [], left: '' };
  const groups = [...Map.groupBy(load.stalls, ({ kind, relation }) => `${kind === 'read' ? 'Reads' : 'Writes'} of ${relation}`)];
  const rows = groups.slice(0, MOST_RELATIONS).map(([name, own]) => {
    const bars = own.map(({ kind, relation, from, lasted }): Bar => {
      const span = alignedStall(load, observation, from, lasted);
      return {
        look: 'stall',
        from: span.from,
        surely: span.to,
        perhaps: span.to,
        title: `A ${kind} of ${relation} took ${millisecondsInWords(lasted)}`,
      };
    });
    const longest = Math.max(...own.map(({ lasted }) => lasted));
    return { label: `${name} · the longest ${millisecondsInWords(longest)}`, mono: false, tracks: merged(bars) };
  });
  return { title: 'Stalls of the load longer than 50 ms', rows, left: leftOut(groups.length - rows.length, 'more table') };
}

/** Many clients stall at the same time: one track shows when any of them did. */
function merged(bars: readonly Bar[]): readonly (readonly Bar[])[] {
  const spans: Bar[] = [];
  for (const bar of bars.toSorted((one, other) => one.from - other.from)) {
    const last = spans.at(-1);
    if (last === undefined || bar.from > last.perhaps) spans.push(bar);
    else if (bar.perhaps > last.perhaps)
      spans[spans.length - 1] = {
        ...bar,
        from: last.from,
        title: bar.perhaps - bar.from > last.perhaps - last.from ? bar.title : last.title,
      };
  }
  return [spans];
}

/** Puts each bar on the first track that is free at that time; the longest come first when there are too many. */
function tracksOf(bars: readonly Bar[]): readonly (readonly Bar[])[] {
  const shown = bars.toSorted((one, other) => other.perhaps - other.from - (one.perhaps - one.from)).slice(0, MOST_BARS);
  const tracks: Bar[][] = [];
  for (const bar of shown.toSorted((one, other) => one.from - other.from)) {
    const free = tracks.find((track) => (track.at(-1)?.perhaps ?? Number.NEGATIVE_INFINITY) <= bar.from);
    if (free === undefined && tracks.length >= 6) tracks.at(-1)?.push(bar);
    else if (free === undefined) tracks.push([bar]);
    else free.push(bar);
  }
  return tracks;
}
