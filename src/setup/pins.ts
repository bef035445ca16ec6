/** Actions of others, by the commit that their version's tag names. */
export const PINS = {
  checkout: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
  uploadArtifact: 'actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0',
  downloadArtifact: 'actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1',
  attest: 'actions/attest@1e69f48acb82d1966a394da916b4c1698aa569d6 # v4.2.2',
  setupNode: 'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0',
} as const;

/** This action's repository, and the tag that moves along with its compatible versions. */
export const OURS = { owner: 'org', repo: 'promote-action', tag: 'v1' } as const;

const NAME = `${OURS.owner}/${OURS.repo}`;

/** What stands behind the `@` of this action's name, with its comment: the tag, or a commit with the tag beside it. */
export type OwnPin = string;

export const BY_TAG: OwnPin = OURS.tag;

/** @param commit that the tag names now */
export function pinTo(commit: string): OwnPin {
  return `${commit} # ${OURS.tag}`;
}

/** What a workflow that is there names this action by; `null`: it does not. */
export function presentPin(workflow: string | null): OwnPin | null {
  return new RegExp(`uses: ${NAME}(?:/[^@\\s]+)?@([^\\s#]+(?: # v[\\w.-]+)?)`).exec(workflow ?? '')?.[1] ?? null;
}

export function ownAction(pin: OwnPin): string {
  return `${NAME}@${pin}`;
}

export function pipelineWorkflow(pin: OwnPin): string {
  return `${NAME}/.github/workflows/pipeline.yml@${pin}`;
}

/** What a file says about it: the commit that a file lies in is not known to the file. */
export function pinningLines(pin: OwnPin): readonly string[] {
  if (pin !== BY_TAG) return [];
  return [
    `# ${ownAction(pin)} is a tag, which can be moved. To pin the commit that it names today, put "@COMMIT # v1" in its place, where COMMIT is what`,
    `# this prints: gh api repos/${NAME}/commits/${OURS.tag} --jq .sha`,
  ];
}
