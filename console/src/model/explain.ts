// Reads the server's explanation: the rules behind the verdict, the rules that nearly matched, and the changes that
// would allow the action.

import type { Explanation, Rule, RuleField } from "../api/types";

export const ruleFields: RuleField[] = ["subject", "service", "type", "name", "network", "time", "tier", "action"];

/** A rule that nearly matched. `fits` is true for each field that matches the question. */
export interface Considered {
    rule: string;
    fits: Record<RuleField, boolean>;
}

/** The reason for a verdict. */
export type Verdict =
    | { kind: "allowed"; rules: string[] }
    | { kind: "denied"; rule: string; tier: number }
    | { kind: "restricted"; rules: string[] }
    | { kind: "hidden"; rules: string[]; by: string[]; tier: number }
    | { kind: "unnamed"; rules: string[] }
    | { kind: "nothing"; field: RuleField | null };

export function verdictOf(why: Explanation): Verdict {
    if (why.granted) return { kind: "allowed", rules: why.allowed_by };
    if (why.denied_by !== null) return { kind: "denied", rule: why.denied_by, tier: why.priority ?? 0 };
    if (why.restricted) return { kind: "restricted", rules: why.allowed_by };
    if (why.hidden.length) return { kind: "hidden", rules: why.hidden, by: why.decided_by, tier: why.priority ?? 0 };
    if (why.decided_by.length) return { kind: "unnamed", rules: why.decided_by };
    return { kind: "nothing", field: why.nothing_matches };
}

/** The largest number of fields in which a near rule may fail, and the largest number of near rules to show. */
const near = { fields: 3, rules: 6 };

/** Returns the rules that nearly allow an action, the closest first. */
export function consideredOf(why: Explanation): Considered[] {
    const verdict = verdictOf(why).kind;
    // If the action is allowed, if a rule denies it, or if a key's restriction removes it, rules that nearly allow it
    // do not matter.
    if (verdict === "allowed" || verdict === "denied" || verdict === "restricted") return [];
    return why.considered
        .filter(({ effect, fields }) => effect === "allow" && fields.length > 0 && fields.length <= near.fields)
        .slice(0, near.rules)
        .map(({ rule, fields }) => ({
            rule,
            fits: Object.fromEntries(ruleFields.map((field) => [field, !fields.includes(field)])) as Record<RuleField, boolean>,
        }));
}

/** Returns the field that does not match, if there is exactly one. */
export function onlyFault(considered: Considered): RuleField | undefined {
    const faults = ruleFields.filter((field) => !considered.fits[field]);
    return faults.length === 1 ? faults[0] : undefined;
}

const wideSubjects = ["everyone", "authenticated", "anonymous"];

/** True if a rule is for a whole class of callers, such as `everyone`, or about all names. A small change of such a rule gives very many rights. */
export const isWide = (rule: Rule): boolean => rule.subjects.some((one) => wideSubjects.includes(one)) || rule.names.includes("**");

/** Sorts narrow rules to the front: a change of a narrow rule gives the fewest rights. */
export function narrowFirst<T extends { known: Rule | undefined }>(considered: T[]): T[] {
    const wide = (one: T) => Number(!!one.known && isWide(one.known));
    return considered.toSorted((one, other) => wide(one) - wide(other));
}

/** Returns the next higher tier, as the text of the field `priority`. */
export const tierAbove = (tier: number): string => String(tier + 1);

/** A change that would allow the action: a new member of a group, or a wider rule. */
export type Remedy =
    | { kind: "join"; group: string }
    | { kind: "widen"; rule: Rule; field: "subjects" | "names" | "actions"; value: string };

export function remedyOf(considered: Considered, rule: Rule, subject: string, why: Explanation): Remedy | undefined {
    // A rule that gives far more than was asked for is not suggested.
    if (isWide(rule)) return undefined;
    switch (onlyFault(considered)) {
        case "subject": {
            if (subject === "anonymous") return undefined;
            const group = rule.subjects.find((selector) => selector.startsWith("group:"));
            return group ? { kind: "join", group: group.slice(6) } : { kind: "widen", rule, field: "subjects", value: subject };
        }
        case "name":
            return { kind: "widen", rule, field: "names", value: why.name };
        case "action":
            return rule.effect === "allow" ? { kind: "widen", rule, field: "actions", value: why.action } : undefined;
        default:
            return undefined;
    }
}

/** Returns the value of a rule's field, as a text. */
export function saidIn(rule: Rule, field: RuleField): string {
    switch (field) {
        case "subject": return rule.subjects.join(", ");
        case "service": return rule.services.join(", ");
        case "type": return rule.type;
        case "name": return rule.names.join(", ");
        case "network": return (rule.networks ?? []).join(", ");
        case "time": return [rule.not_before, rule.not_after].filter(Boolean).join(" – ");
        case "tier": return String(rule.priority);
        case "action": return rule.actions.join(", ");
    }
}

export interface Asked {
    type: string;
    name: string;
    actions: string[];
}

/** Splits a pasted scope `TYPE:NAME:ACTIONS` at its first and its last colon. Returns undefined for any other text. */
export function parseScope(text: string): Asked | undefined {
    const first = text.indexOf(":");
    const last = text.lastIndexOf(":");
    if (first <= 0 || first === last || /\s/.test(text)) return undefined;
    const type = text.slice(0, first);
    const actions = text.slice(last + 1).split(",").filter(Boolean);
    if (!/^[a-z0-9]+$/.test(type) || actions.length === 0 || !actions.every((action) => /^(\*|[a-z][a-z0-9_-]*)$/.test(action))) return undefined;
    return { type, name: text.slice(first + 1, last), actions };
}

export const scopeOf = ({ type, name, actions }: Asked): string => `${type}:${name}:${actions.join(",")}`;

/** Returns a name for a new rule about a subject and a repository, such as `alice-shop-api`. */
export function ruleNameFor(subject: string, name: string): string {
    const text = `${subject.replace(/^\w+:/, "")}-${name}`.toLowerCase().replace(/[^a-z0-9._]+/g, "-");
    return text.replace(/^[^a-z0-9]+/, "").replace(/-+$/, "").slice(0, 64);
}
