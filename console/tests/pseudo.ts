// A made-up language: many letters have an accent, and every text is a third longer. If a layout breaks with these texts,
// it has too little room for other languages.

import { en as english } from "../src/words/en";

const letters: Record<string, string> = { a: "á", e: "é", i: "í", o: "ó", u: "ú", n: "ñ", c: "ç", A: "Á", E: "É", I: "Í", O: "Ó", U: "Ú" };

const accented = (text: string) => text.replace(/[a-zA-Z]/g, (letter) => letters[letter] ?? letter);
const grown = (text: string) => `${accented(text)}${"·".repeat(Math.ceil(text.length / 3))}`;

function pseudo(value: unknown): unknown {
    if (typeof value === "string") return grown(value);
    if (typeof value === "function") return (...given: unknown[]) => pseudo((value as (...given: unknown[]) => unknown)(...given));
    if (Array.isArray(value)) return value.map(pseudo);
    if (typeof value === "object" && value !== null) {
        // `page` and `query` are parts of an address, not texts.
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === "page" || key === "query" ? one : pseudo(one)]));
    }
    return value;
}

export const en = pseudo(english) as typeof english;
