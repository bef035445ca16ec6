/**
 * Turns what is shown into what the server says now, changing as little as possible: focus, selection, scroll positions and opened
 * details stay. Elements with `data-keep` are the browser's own, dialogs while they are open; to those with `data-append` new children are added at the end.
 */
export function morph(shown: Element, wanted: Element): void {
  if (isKept(shown)) return;
  morphAttributes(shown, wanted);
  if (shown.hasAttribute('data-append')) {
    shown.append(...wanted.childNodes);
    return;
  }
  // A rendered text is replaced whole: diagrams have taken the place of their source.
  if (shown.hasAttribute('data-markdown')) {
    replaceMarkdown(shown, wanted);
    return;
  }
  morphChildren(shown, wanted);
}

const sources = new WeakMap<Element, string>();

/** Remembers what a rendered text was made of. */
export function rememberMarkdown(root: ParentNode): void {
  for (const one of root.querySelectorAll('[data-markdown]')) if (!sources.has(one)) sources.set(one, one.innerHTML);
}

function replaceMarkdown(shown: Element, wanted: Element): void {
  const source = wanted.innerHTML;
  if (sources.get(shown) === source) return;
  sources.set(shown, source);
  shown.replaceChildren(...wanted.childNodes);
}

function morphAttributes(shown: Element, wanted: Element): void {
  for (const { name } of [...shown.attributes]) {
    if (!wanted.hasAttribute(name) && !isOwn(shown, name)) shown.removeAttribute(name);
  }
  for (const { name, value } of [...wanted.attributes]) {
    if (shown.getAttribute(name) !== value && !isOwn(shown, name)) shown.setAttribute(name, value);
  }
}

/** Whether details are open is for the reader to say. */
function isOwn(element: Element, attribute: string): boolean {
  return attribute === 'open' && (element.localName === 'details' || element.localName === 'dialog');
}

function morphChildren(shown: Element, wanted: Element): void {
  const keyed = new Map([...shown.children].filter((child) => child.id !== '').map((child) => [child.id, child]));
  let place: ChildNode | null = shown.firstChild;
  for (const next of [...wanted.childNodes]) {
    const match = matching(place, next, keyed);
    if (match === null) {
      shown.insertBefore(next, place);
      continue;
    }
    if (match !== place) shown.insertBefore(match, place);
    else place = place.nextSibling;
    if (match instanceof Element && next instanceof Element) morph(match, next);
    else if (match.nodeValue !== next.nodeValue) match.nodeValue = next.nodeValue;
  }
  while (place !== null) {
    const after: ChildNode | null = place.nextSibling;
    if (!(place instanceof HTMLDialogElement && isKept(place))) place.remove();
    place = after;
  }
}

/** A dialog is its reader's for as long as it is open. */
function isKept(element: Element): boolean {
  return element.hasAttribute('data-keep') && (!(element instanceof HTMLDialogElement) || element.open);
}

/** The present child that `next` is a later state of. */
function matching(place: ChildNode | null, next: ChildNode, keyed: ReadonlyMap<string, Element>): ChildNode | null {
  if (next instanceof Element && next.id !== '') {
    const known = keyed.get(next.id);
    return known !== undefined && known.localName === next.localName ? known : null;
  }
  if (place === null || place.nodeType !== next.nodeType) return null;
  if (!(place instanceof Element) || !(next instanceof Element)) return place;
  return place.localName === next.localName && place.id === '' ? place : null;
}
