import { copies } from './copies.ts';
import { masking } from './masking.ts';
import { observation } from './observation.ts';
import type { Target } from './target.ts';

/** What a rehearsal costs, part by part. */
const SECTIONS: Readonly<Record<string, () => Promise<readonly Target[]>>> = { observation, copies, masking };

export async function rehearsal(): Promise<readonly Target[]> {
  const targets: Target[] = [];
  for (const [name, section] of Object.entries(SECTIONS)) {
    console.log(`\n${name}`);
    targets.push(...(await section()));
  }
  return targets;
}
