/** Inside a diagram's frame: draws the source it is sent, and says how high the picture is. */

interface Mermaid {
  initialize(options: Record<string, unknown>): void;
  render(id: string, source: string): Promise<{ svg: string }>;
}

const { mermaid } = window as unknown as { mermaid: Mermaid };
const place = document.querySelector('#picture');
let drawn = 0;

async function draw(source: string, dark: boolean): Promise<void> {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    theme: dark ? 'dark' : 'default',
    fontFamily: 'system-ui, sans-serif',
  });
  drawn += 1;
  const { svg } = await mermaid.render(`diagram-${drawn}`, source);
  if (place !== null) place.innerHTML = svg;
  tellHeight();
}

function tellHeight(): void {
  parent.postMessage({ height: place?.getBoundingClientRect().height ?? 0 }, '*');
}

window.addEventListener('resize', tellHeight);
window.addEventListener('message', (event: MessageEvent<{ source: string; dark: boolean }>) => {
  if (event.source !== parent) return;
  draw(event.data.source, event.data.dark).catch(() => parent.postMessage({ failed: true }, '*'));
});
