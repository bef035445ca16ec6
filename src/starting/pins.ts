/** Actions of others, by the commit that their version's tag names. */
export const PINS = {
  checkout: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
  uploadArtifact: 'actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0',
  downloadArtifact: 'actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1',
  setupNode: 'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0',
} as const;

/** This action, and the workflows that it ships, as others name them. */
export const ACTION = 'org/promote-action@v1';
export const PIPELINE_WORKFLOW = 'org/promote-action/.github/workflows/pipeline.yml@v1';

/** What a file that names this action by its tag says about it: the commit that a file lies in is not known to the file. */
export const PINNING = [
  '# org/promote-action@v1 is a tag, which can be moved. To pin the commit that it names today, put "@COMMIT # v1" in its place, where COMMIT is what',
  '# this prints: gh api repos/org/promote-action/commits/v1 --jq .sha',
] as const;
