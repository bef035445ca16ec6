import { INPUTS, OUTPUTS } from '../../src/job/action-io.ts';

/**
 * An `action.yml` from the registries of inputs and outputs.
 * @param bundle path of the committed bundle as seen from the file's folder; the runner joins the two
 */
export function actionFile(bundle: string): string {
  const lines = [
    '# Generated from src/job/action-io.ts: npm run generate',
    'name: Promote',
    'description: Where may this change go next, and if not further, why not, and who can change that?',
    'author: promote-action contributors',
    'branding:',
    '  icon: chevrons-right',
    '  color: green',
    'inputs:',
    ...Object.entries(INPUTS).flatMap(([name, entry]: [string, { description: string; default?: string }]) => [
      `  ${name}:`,
      `    description: ${JSON.stringify(entry.description)}`,
      '    required: false',
      ...(entry.default === undefined ? [] : [`    default: ${JSON.stringify(entry.default)}`]),
    ]),
    'outputs:',
    ...Object.entries(OUTPUTS).flatMap(([name, description]) => [`  ${name}:`, `    description: ${JSON.stringify(description)}`]),
    'runs:',
    '  using: node24',
    `  main: ${bundle}`,
    `  post: ${bundle}`,
    '  post-if: always()',
  ];
  return `${lines.join('\n')}\n`;
}
