// The rules that are about somebody.

import type { Rule } from "../api/types";

export interface AboutRule {
    rule: Rule;
    /** Whether the rule names the object itself, and not one of its groups or everybody. */
    direct: boolean;
}

/** The rules that are for a subject, those that name it itself first; each part in the order of the rules. */
export function directFirst(rules: Rule[], subject: string): AboutRule[] {
    const all = rules.map((rule) => ({ rule, direct: rule.subjects.includes(subject) }));
    return [...all.filter((one) => one.direct), ...all.filter((one) => !one.direct)];
}

/** What deleting a subject does to the rules that name it: they lose it, and those left with nobody are disabled. */
export function cascadeOf(rules: Rule[], subject: string): { changed: number; disabled: number } {
    const named = rules.filter((rule) => rule.subjects.includes(subject));
    const disabled = named.filter((rule) => rule.enabled && rule.subjects.every((one) => one === subject)).length;
    return { changed: named.length - disabled, disabled };
}
