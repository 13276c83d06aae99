// The words of the console in the reader's language. There is English today; another language is a file like en.ts.

import { en } from "./en";

/** All words. A language that lacks one does not compile. */
export type Words = typeof en;

export const t: Words = en;
