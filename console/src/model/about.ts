// Which rules are about somebody.

import type { Rule } from "../api/types";

export interface AboutRule {
    rule: Rule;
    /** Whether the rule names the object itself, and not one of its groups or everybody. */
    direct: boolean;
}

/** The rules for a subject with these groups, those that name it itself first; each part in the order of the rules. */
export function rulesAbout(rules: Rule[], subject: string, groups: string[]): AboutRule[] {
    const person = !subject.startsWith("group:");
    const wide = new Set([...groups.map((group) => `group:${group}`), ...(person ? ["authenticated", "everyone"] : [])]);
    const direct = rules.filter((rule) => rule.subjects.includes(subject));
    const others = rules.filter((rule) => !rule.subjects.includes(subject) && rule.subjects.some((one) => wide.has(one)));
    return [...direct.map((rule) => ({ rule, direct: true })), ...others.map((rule) => ({ rule, direct: false }))];
}

/** What deleting a subject does to the rules that name it: they lose it, and those left with nobody are disabled. */
export function cascadeOf(rules: Rule[], subject: string): { changed: number; disabled: number } {
    const named = rules.filter((rule) => rule.subjects.includes(subject));
    const disabled = named.filter((rule) => rule.enabled && rule.subjects.every((one) => one === subject)).length;
    return { changed: named.length - disabled, disabled };
}
