import { attest } from './attest.ts';
import { checkout } from './checkout.ts';
import { downloadArtifact } from './download-artifact.ts';
import { setupNode } from './setup-node.ts';
import type { StandIn } from './stand-in.ts';
import { uploadArtifact } from './upload-artifact.ts';

export type { StandIn, StandInCall } from './stand-in.ts';

const STAND_INS: readonly StandIn[] = [checkout, uploadArtifact, downloadArtifact, attest, setupNode];

/** @param name `owner/repository/path`, without ref; `null` when there is no stand-in */
export function findStandIn(name: string): StandIn | null {
  return STAND_INS.find((standIn) => standIn.name === name.toLowerCase()) ?? null;
}
