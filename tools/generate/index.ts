import { actionFile } from './action-file.ts';

/** One entry per generated file: its path, and a function from its present text to what it should say. */
export const generated: Readonly<Record<string, (present: string) => string | Promise<string>>> = {
  'action.yml': actionFile,
};
