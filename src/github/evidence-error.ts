/** GitHub answered, and there is nothing to decide about: no such commit, no usable policy. The message says what to do. */
export class EvidenceError extends Error {
  override name = 'EvidenceError';
}
