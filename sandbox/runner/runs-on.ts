/** Which machines the sandbox can stand in for. */
import { asText, evaluateToken, type Scope } from './expressions.ts';
import type { TemplateToken } from './github-parser.ts';
import { notSupported } from './problems.ts';

const MACHINES = ['ubuntu-latest', 'ubuntu-slim', 'ubuntu-22.04', 'ubuntu-24.04', 'ubuntu-26.04'];

/**
 * The labels of an evaluated `runs-on`.
 * @throws NotSupported naming the label that is no Linux machine of GitHub's
 */
export function acceptedLabels(path: string, token: TemplateToken | undefined, scope: Scope): readonly string[] {
  const value = token === undefined ? null : evaluateToken(token, scope);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) throw notSupported(path, token, '"runs-on" with a group');
  const labels = Array.isArray(value) ? value.map(asText) : [asText(value)];
  for (const label of labels) {
    if (!MACHINES.includes(label.toLowerCase())) throw notSupported(path, token, `"runs-on: ${label}"`);
  }
  return labels;
}
