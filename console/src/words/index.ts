// The texts of the console in the reader's language. Only English exists; another language needs a file like en.ts.

import { en } from "./en";

/** The type of a language. A language that lacks a text does not compile. */
export type Words = typeof en;

export const t: Words = en;
