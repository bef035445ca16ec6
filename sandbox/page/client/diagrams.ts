/** Puts a picture where a summary has the source of a Mermaid diagram. Each is drawn in a frame that can do nothing else. */

const dark = matchMedia('(prefers-color-scheme: dark)');
const frames = new Map<HTMLIFrameElement, string>();

/** Draws what is not drawn yet. */
export function drawDiagrams(): void {
  for (const code of document.querySelectorAll('[data-markdown] code.language-mermaid')) {
    const place = code.closest('pre');
    const source = code.textContent ?? '';
    if (place !== null) place.replaceWith(diagram(source));
  }
  for (const frame of frames.keys()) if (!frame.isConnected) frames.delete(frame);
}

function diagram(source: string): HTMLElement {
  const figure = document.createElement('figure');
  figure.className = 'diagram';
  const frame = document.createElement('iframe');
  frame.title = 'Diagram';
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.addEventListener('load', () => send(frame));
  frame.src = '/-/page/diagram.html';
  frames.set(frame, source);
  const details = document.createElement('details');
  const summary = document.createElement('summary');
  summary.textContent = 'Diagram as text';
  const text = document.createElement('pre');
  text.textContent = source;
  details.append(summary, text);
  figure.append(frame, details);
  return figure;
}

function send(frame: HTMLIFrameElement): void {
  // The frame has no origin of its own that could be named; it gets nothing that the page does not show anyway.
  frame.contentWindow?.postMessage({ source: frames.get(frame) ?? '', dark: dark.matches }, '*');
}

dark.addEventListener('change', () => {
  for (const frame of frames.keys()) send(frame);
});

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const frame = [...frames.keys()].find((candidate) => candidate.contentWindow === event.source);
  if (frame === undefined || typeof event.data !== 'object' || event.data === null) return;
  const { height, failed } = event.data as { height?: unknown; failed?: unknown };
  if (typeof height === 'number' && Number.isFinite(height)) frame.height = String(Math.min(Math.max(Math.ceil(height), 20), 4000));
  if (failed === true) {
    const details = frame.parentElement?.querySelector('details');
    if (details !== null && details !== undefined) details.open = true;
    frame.remove();
  }
});
