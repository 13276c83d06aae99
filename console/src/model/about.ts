// The rules about a user, robot or group.

import type { Rule } from "../api/types";

export interface AboutRule {
    rule: Rule;
    /** True if the rule names the subject itself. False if the rule names a group of the subject, or a class such as `everyone`. */
    direct: boolean;
}

/** Sorts the rules that name the subject itself before the others. Keeps the order of the rules within both parts. */
export function directFirst(rules: Rule[], subject: string): AboutRule[] {
    const all = rules.map((rule) => ({ rule, direct: rule.subjects.includes(subject) }));
    return [...all.filter((one) => one.direct), ...all.filter((one) => !one.direct)];
}

/**
 * Counts the rules that name a deleted subject. If an enabled rule has no other subject, the server disables the rule,
 * and the rule counts as `disabled`. All other rules count as `changed`.
 */
export function cascadeOf(rules: Rule[], subject: string): { changed: number; disabled: number } {
    const named = rules.filter((rule) => rule.subjects.includes(subject));
    const disabled = named.filter((rule) => rule.enabled && rule.subjects.every((one) => one === subject)).length;
    return { changed: named.length - disabled, disabled };
}
