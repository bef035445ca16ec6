import type { RehearsalEvidence } from '../rehearsal/evidence.ts';
import type { RehearsalReason } from '../rehearsal/reasons.ts';
import { escapeHtml, inlineHtml } from './html.ts';
import { PLAIN } from './markup.ts';
import { rehearsalSentence } from './rehearsal.ts';
import {
  changes,
  checkGrid,
  comparisonGrid,
  copyGrid,
  deviationLines,
  differenceGrid,
  type Grid,
  loadGrid,
  loadSentences,
  lockGrid,
  NONE,
  PHASE_WORDS,
  phaseGrid,
  phaseOf,
  predictionSentences,
  provenance,
  resourceSentences,
  statementGrid,
  waitGrid,
} from './rehearsal-content.ts';
import { timelineSvg } from './rehearsal-timeline.ts';

/** A migration of more statements than this is read with other tools; the JSON has all. */
const MOST_STATEMENTS = 1000;
const MOST_LOCKS = 500;
const MOST_DEVIATIONS = 1000;
const LONGEST_STATEMENT = 600;

/** Signs that every font has; their colour comes from the page. */
const SIGNS = { pass: '✔', warn: '▲', fail: '✖', none: '○' } as const;

/**
 * The whole report as one HTML page, with the timeline, that needs nothing from elsewhere and runs no script. Wide tables become blocks on
 * a narrow screen.
 */
export function rehearsalPage(evidence: RehearsalEvidence): string {
  const sentence = rehearsalSentence(evidence, PLAIN);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(`Rehearsal of ${evidence.candidate.version} for ${evidence.environment}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header class="${evidence.verdict}">
<h1>${sign(evidence.verdict)} ${escapeHtml(sentence)}</h1>
${impossible(evidence)}
</header>
${sections(evidence).join('\n')}
</main>
</body>
</html>
`;
}

function sign(verdict: RehearsalEvidence['verdict']): string {
  return `<span class="sign ${verdict}">${SIGNS[verdict]}</span>`;
}

function sections(evidence: RehearsalEvidence): string[] {
  const load = loadGrid(evidence);
  const comparison = comparisonGrid(evidence);
  return [
    section('What was found', findings(evidence.reasons)),
    section('What was rehearsed', definitions(provenance(evidence))),
    section(
      "Where the candidate's masking, checks and load differ from what counts",
      paragraphs(deviationLines(evidence, MOST_DEVIATIONS)),
    ),
    section('The cycle', grid(phaseGrid(evidence))),
    section('Timeline', timeline(evidence)),
    ...observed(evidence, 'up', 'alone'),
    section('Readers and writers', load === null ? '' : `${grid(load)}${paragraphs(loadSentences(evidence))}`),
    ...observed(evidence, 'load', 'beside load'),
    section('Disk', paragraphs(resourceSentences(evidence))),
    section('Checks', grid(checkGrid(evidence))),
    section('What differs', grid(differenceGrid(evidence))),
    section('Compared with the last rehearsal', comparison === null ? '' : grid(comparison)),
    section('Production', paragraphs(predictionSentences(evidence))),
    section('Copies of the data', grid(copyGrid(evidence))),
  ].filter((part) => part !== '');
}

function observed(evidence: RehearsalEvidence, name: 'up' | 'load', how: string): string[] {
  const seen = phaseOf(evidence, name)?.observation ?? null;
  if (seen === null) return [];
  return [
    section(`Statements, ${how}`, grid(statementGrid(seen, MOST_STATEMENTS, LONGEST_STATEMENT))),
    section(`Locks, ${how}`, grid(lockGrid(seen, MOST_LOCKS))),
    section(`Waiting, ${how}`, grid(waitGrid(seen, MOST_LOCKS))),
  ];
}

function section(title: string, body: string): string {
  return body === '' ? '' : `<section>\n<h2>${escapeHtml(title)}</h2>\n${body}\n</section>`;
}

function timeline(evidence: RehearsalEvidence): string {
  const picture = timelineSvg(evidence);
  return picture === '' ? '' : `<figure>${picture}</figure>`;
}

/** Lines that may be there to be copied keep what they are indented by. */
function impossible({ impossible: what }: RehearsalEvidence): string {
  if (what === null) return '';
  const lines = what.message.split('\n').map((line) => `${/^ {0,40}/.exec(line)?.[0] ?? ''}${escapeHtml(line, 1200)}`);
  return `<p><code>${escapeHtml(what.code)}</code></p>\n<pre>${lines.join('\n')}</pre>`;
}

function findings(reasons: readonly RehearsalReason[]): string {
  if (reasons.length === 0) return '';
  const fixes = changes(reasons);
  const items = reasons.map(({ code, consequence, phase, because }, position) =>
    [
      `<li class="${consequence}">`,
      `<p class="code">${sign(consequence)} <code>${escapeHtml(code)}</code> <span class="soft">${escapeHtml(PHASE_WORDS[phase].toLowerCase())}</span></p>`,
      `<p>${inlineHtml(because)}</p>`,
      `<p><strong>Change:</strong> ${inlineHtml(fixes[position] ?? '')}</p>`,
      '</li>',
    ].join(''),
  );
  return `<ul class="findings">${items.join('\n')}</ul>`;
}

function definitions(pairs: readonly (readonly [string, string])[]): string {
  return `<dl>${pairs.map(([label, text]) => `<div><dt>${escapeHtml(label)}</dt><dd>${inlineHtml(text)}</dd></div>`).join('')}</dl>`;
}

function paragraphs(sentences: readonly string[]): string {
  return sentences.map((sentence) => `<p>${inlineHtml(sentence)}</p>`).join('\n');
}

/** Each cell carries its column's name, for screens on which the head cannot stand above it. */
function grid({ head, rows, numeric, left }: Grid): string {
  if (rows.length === 0) return '';
  const kind = (column: number, cell: string = 'head'): string => {
    const classes = [...(numeric.includes(column) ? ['number'] : []), ...(cell === '' || cell === NONE ? ['empty'] : [])];
    return classes.length === 0 ? '' : ` class="${classes.join(' ')}"`;
  };
  const header = head.map((cell, column) => `<th scope="col"${kind(column)}>${inlineHtml(cell)}</th>`).join('');
  const body = rows
    .map(
      (cells) =>
        `<tr>${cells.map((cell, column) => `<td data-label="${escapeHtml(head[column] ?? '')}"${kind(column, cell)}><span>${inlineHtml(cell)}</span></td>`).join('')}</tr>`,
    )
    .join('\n');
  const more = left > 0 ? `\n<p class="soft">… and ${left} more.</p>` : '';
  return `<table>\n<thead><tr>${header}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>${more}`;
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--paper:#fff;--shade:#f6f8fa;--pass:#1a7f37;--warn:#9a6700;--fail:#cf222e;--none:#59636e}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--shade:#151b23;--pass:#3fb950;--warn:#d29922;--fail:#f85149;--none:#9198a1}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1100px;margin:0 auto;padding:20px 16px 60px}
header{border-left:6px solid var(--none);padding:4px 0 4px 16px}header.pass{border-color:var(--pass)}header.warn{border-color:var(--warn)}header.fail{border-color:var(--fail)}
h1{font-size:22px;line-height:1.35;margin:0;overflow-wrap:anywhere}h2{font-size:17px;margin:34px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--line)}
p{margin:6px 0;overflow-wrap:anywhere}.soft{color:var(--soft)}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}code{background:var(--shade);border:1px solid var(--line);border-radius:4px;padding:0 4px;overflow-wrap:anywhere;-webkit-box-decoration-break:clone;box-decoration-break:clone}
pre{background:var(--shade);border:1px solid var(--line);border-radius:6px;padding:10px;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
.findings{list-style:none;margin:0;padding:0}.findings li{border:1px solid var(--line);border-left:4px solid var(--warn);border-radius:6px;padding:6px 14px;margin:10px 0}.findings li.fail{border-left-color:var(--fail)}
${(['pass', 'warn', 'fail', 'none'] as const).map((verdict) => `.sign.${verdict}{color:var(--${verdict})}`).join('')}
.findings .code{font-weight:600}.findings .soft{font-weight:400}
dl{margin:0}dl div{display:flex;gap:16px;padding:3px 0}dt{flex:0 0 96px;color:var(--soft)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
figure{margin:0;border:1px solid var(--line);border-radius:6px;overflow:hidden}figure svg{display:block}
table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;vertical-align:top;padding:6px 8px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600;white-space:nowrap}.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
@media (max-width:640px){
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr{display:block}tr{border:1px solid var(--line);border-radius:6px;margin:10px 0;padding:4px 0}
td,td.number{display:flex;gap:12px;text-align:left;white-space:normal;border:0;padding:3px 12px}
td::before{content:attr(data-label);flex:0 0 92px;color:var(--soft)}td[data-label=""]::before{content:none}td[data-label=""]{font-weight:600}td.empty,td.number.empty{display:none}
dl div{flex-direction:column;gap:0;padding:5px 0}dt{flex-basis:auto}
}`;
