/** Keeps secrets out of what people read: log, annotations, summaries, outputs. */

/** Source of the forms: GitHub's runner masks a value also as base64, and as it reads within JSON and within an address. */
const FORMS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => Buffer.from(value).toString('base64'),
  (value) => JSON.stringify(value).slice(1, -1),
  (value) => encodeURIComponent(value),
];

export interface Masker {
  /** From now on the value, each of its lines and their usual encodings read `***`. Values without visible text are left. */
  add(value: string): void;
  mask(text: string): string;
  /** Whether the text holds something to be masked. */
  holdsSecret(text: string): boolean;
}

export function createMasker(secrets: readonly string[]): Masker {
  let hidden: readonly string[] = [];
  const masker: Masker = {
    add(value) {
      const parts = [value.trim(), ...value.split(/[\r\n]+/).map((line) => line.trim())].filter((part) => part !== '');
      const all = new Set([...hidden, ...parts.flatMap((part) => FORMS.map((form) => form(part)))]);
      // The longest first: a secret that holds another one must go as a whole.
      hidden = [...all].sort((a, b) => b.length - a.length);
    },
    mask: (text) => hidden.reduce((masked, value) => (masked.includes(value) ? masked.replaceAll(value, '***') : masked), text),
    holdsSecret: (text) => hidden.some((value) => text.includes(value)),
  };
  for (const secret of secrets) masker.add(secret);
  return masker;
}
