// Patterns of names: their faults and their meaning. The server decides which patterns are valid. This file only
// helps a person who types.

/** The meaning of a pattern, from which the page makes a sentence. */
export type Meaning =
    | { kind: "every" }
    | { kind: "below"; prefix: string }
    | { kind: "inside"; prefix: string }
    | { kind: "exact"; name: string }
    | { kind: "own"; placeholder: string; rest: string }
    | { kind: "pattern" };

const placeholder = /\$\{[^}]*\}/g;

export function meaning(glob: string): Meaning {
    if (glob === "**") return { kind: "every" };
    const own = /^\$\{(subject|group|label:[a-z0-9][a-z0-9._-]*)\}(\/\*\*)?$/.exec(glob);
    if (own) return { kind: "own", placeholder: own[1]!, rest: own[2] ?? "" };
    if (!/[*?$]/.test(glob)) return { kind: "exact", name: glob };
    const below = /^([^*?$]+)\/\*\*$/.exec(glob);
    if (below) return { kind: "below", prefix: below[1]! };
    const inside = /^([^*?$]+)\/\*$/.exec(glob);
    if (inside) return { kind: "inside", prefix: inside[1]! };
    return { kind: "pattern" };
}

export type GlobFault = "empty-segment" | "glued" | "placeholder" | "long";

/** Returns a fault for which the server would refuse a pattern, or undefined if none of these faults is found. */
export function globFault(glob: string): GlobFault | undefined {
    if (new TextEncoder().encode(glob).length > 512) return "long";
    const segments = glob.split("/");
    if (segments.some((segment) => segment === "")) return "empty-segment";
    if (segments.some((segment) => segment.includes("**") && segment !== "**")) return "glued";
    const known = /^\$\{(subject|group|label:[a-z0-9][a-z0-9._-]{0,62})\}$/;
    if ((glob.match(placeholder) ?? []).some((found) => !known.test(found))) return "placeholder";
    if (glob.replace(placeholder, "").includes("${")) return "placeholder";
    return undefined;
}

/** True if a text is a pattern and not a whole scope. Some fields need the name of one repository instead of a pattern. */
export const isPattern = (text: string): boolean => /[*?$]/.test(text) && !/^[^:]+:.*:[^:]*$/.test(text);

/** Returns the name of a repository that matches a pattern, as an example. */
export const exampleOf = (glob: string): string => glob.replace(/\$\{[^}]*\}/g, "name").replace(/[*?]+/g, "app");

/** Tells whether a text can be a subject of a rule. */
export function isSelector(text: string): boolean {
    if (["authenticated", "anonymous", "everyone"].includes(text)) return true;
    return /^(user|robot|group):[A-Za-z0-9][A-Za-z0-9._@+-]{0,254}$/.test(text);
}

/** Tells whether a text is an action: `*`, or an action name of the policy. */
export const isAction = (text: string): boolean => text === "*" || /^[a-z][a-z0-9_-]{0,63}$/.test(text);

/** Tells whether a text may name a rule. */
export const isRuleName = (text: string): boolean => /^[a-z0-9][a-z0-9._-]{0,127}$/.test(text);
