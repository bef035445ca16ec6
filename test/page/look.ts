/** What is looked at inside the browser. Scripts are texts: they run there, where other types hold. */
import type { Page } from 'playwright-core';

/** Texts that stand out too little from what is behind them, by WCAG's formula: 4.5 to 1, or 3 to 1 for large ones. */
const FAINT = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const over = (top, below) => {
    const alpha = top[3] ?? 1;
    return [0, 1, 2].map((index) => top[index] * alpha + below[index] * (1 - alpha));
  };
  const behind = (element) => {
    const layers = [];
    for (let one = element; one !== null; one = one.parentElement) layers.push(channels(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => (layer.length < 3 ? below : over(layer, below)), channels(getComputedStyle(document.body).backgroundColor));
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found = [];
  let looked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.nodeValue.trim() === '' || !element.checkVisibility() || element.closest('.unseen, .skip, script, :disabled') !== null) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const front = over(channels(style.color), back);
    const [light, dark] = [luminance(front), luminance(back)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    looked += 1;
    if (ratio < (large ? 3 : 4.5)) found.push(node.nodeValue.trim().slice(0, 40) + ': ' + ratio.toFixed(2) + ' ' + style.color);
  }
  return { looked, found };
})()`;

export async function faintTexts(page: Page): Promise<{ looked: number; found: readonly string[] }> {
  return (await page.evaluate(FAINT)) as { looked: number; found: string[] };
}

/** How far the page is wider than the window, in pixels, and which elements stick out. */
export async function overflow(page: Page): Promise<readonly string[]> {
  return (await page.evaluate(`(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > root.clientWidth + 0.5)
      .map((one) => one.localName + '.' + one.className).slice(0, 8);
  })()`)) as string[];
}

/** What has the focus, as a screen reader would name it, and whether one sees that it has it. */
export async function focused(page: Page): Promise<{ name: string; visible: boolean }> {
  return (await page.evaluate(`(() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const label = one.labels?.[0]?.textContent ?? one.getAttribute('aria-label') ?? one.textContent;
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    return { name: (label ?? '').trim().replace(/\\s+/g, ' '), visible: ring };
  })()`)) as { name: string; visible: boolean };
}

/** Presses Tab until the element of that name has the focus; every stop on the way must be seen. */
export async function tabTo(page: Page, name: string | RegExp, most = 60): Promise<void> {
  const passed: string[] = [];
  for (let pressed = 0; pressed < most; pressed += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    passed.push(now.name);
    if (!now.visible) throw new Error(`the focus on "${now.name}" cannot be seen`);
    if (typeof name === 'string' ? now.name === name : name.test(now.name)) return;
  }
  throw new Error(`Tab never came to ${name}; it came to ${passed.join(' | ')}`);
}

/** Controls without a name, and pictures that are neither named nor hidden. */
export async function nameless(page: Page): Promise<readonly string[]> {
  return (await page.evaluate(`(() => {
    const name = (one) => one.getAttribute('aria-label') ?? one.getAttribute('title') ?? one.labels?.[0]?.textContent ?? one.textContent ?? '';
    const controls = [...document.querySelectorAll('a[href], button, select, input, textarea, summary, iframe')].filter((one) => name(one).trim() === '' && one.querySelector('[aria-label]') === null);
    const pictures = [...document.querySelectorAll('svg, img')].filter((one) => !one.hasAttribute('alt') && !one.hasAttribute('aria-hidden') && !one.hasAttribute('aria-label'));
    const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => 'twice #' + id);
    return [...[...controls, ...pictures].map((one) => one.outerHTML.slice(0, 80)), ...twice];
  })()`)) as string[];
}
