// Patterns of names: what is wrong with one, and what it means. The server decides; this only helps while typing.

/** What a pattern means, for words to be made of it. */
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

/** What the server would refuse about a pattern. */
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

/** Whether a text is a pattern, where the name of one repository is wanted. */
export const isPattern = (text: string): boolean => /[*?$]/.test(text) && !/^[^:]+:.*:[^:]*$/.test(text);

/** A repository that a pattern is about, to ask about instead. */
export const exampleOf = (glob: string): string => glob.replace(/\$\{[^}]*\}/g, "name").replace(/[*?]+/g, "app");

/** Whether a text names somebody for whom a rule can be. */
export function isSelector(text: string): boolean {
    if (["authenticated", "anonymous", "everyone"].includes(text)) return true;
    return /^(user|robot|group):[A-Za-z0-9][A-Za-z0-9._@+-]{0,254}$/.test(text);
}

/** Whether a text is an action: `*`, or as the policy says. */
export const isAction = (text: string): boolean => text === "*" || /^[a-z][a-z0-9_-]{0,63}$/.test(text);

/** Whether a text may name a rule. */
export const isRuleName = (text: string): boolean => /^[a-z0-9][a-z0-9._-]{0,127}$/.test(text);
