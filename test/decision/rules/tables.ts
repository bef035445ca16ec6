import { RULES } from '../../../src/decision/rules/index.ts';
import type { RuleName } from '../../../src/decision/rules/rule.ts';
import type { Case } from './case.ts';

export interface Table {
  readonly rule: RuleName;
  readonly cases: readonly Case[];
}

/** Every rule's table, from the file that is named after the rule; a rule without one is an error. */
export const TABLES: readonly Table[] = await Promise.all(
  RULES.map(async ({ name }) => {
    const { cases }: { readonly cases: readonly Case[] } = await import(`./${name}.cases.ts`);
    return { rule: name, cases };
  }),
);
