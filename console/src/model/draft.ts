// A rule while it is edited, what of it is changed, and what can be said of it before the server is asked.

import type { Rule, RuleFields } from "../api/types";

export interface RuleDraft {
    name: string;
    effect: "allow" | "deny";
    subjects: string[];
    services: string[];
    type: string;
    names: string[];
    actions: string[];
    networks: string[];
    not_before: string | null;
    not_after: string | null;
    /** As typed: a number that is not yet one must not be thrown away. */
    priority: string;
    enabled: boolean;
    description: string;
}

export const draftFields = [
    "effect", "enabled", "subjects", "names", "actions", "priority", "services", "type", "networks", "not_before", "not_after", "description",
] as const;

export type DraftField = (typeof draftFields)[number];

/** A new rule; `given` is what is known of it already. */
export function newDraft(given: Partial<RuleDraft> = {}): RuleDraft {
    return {
        name: "", effect: "allow", subjects: [], services: ["*"], type: "repository", names: [], actions: [], networks: [],
        not_before: null, not_after: null, priority: "0", enabled: true, description: "", ...given,
    };
}

/** The draft of a rule as read. */
export function draftOf(rule: Rule): RuleDraft {
    return {
        name: rule.name, effect: rule.effect, subjects: rule.subjects, services: rule.services, type: rule.type, names: rule.names,
        actions: rule.actions, networks: rule.networks ?? [], not_before: rule.not_before, not_after: rule.not_after,
        priority: String(rule.priority), enabled: rule.enabled, description: rule.description,
    };
}

/** A draft with more in its lists. */
export function withMore(draft: RuleDraft, more: Partial<Pick<RuleDraft, "subjects" | "names" | "actions">> = {}): RuleDraft {
    const added = (field: "subjects" | "names" | "actions") => [...new Set([...draft[field], ...(more[field] ?? [])])];
    return { ...draft, subjects: added("subjects"), names: added("names"), actions: added("actions") };
}

/** What is sent: all fields, because `PUT` gives absent ones their default. */
export function fieldsOf(draft: RuleDraft, managedBy: string | null = null): RuleFields {
    const { name: _, priority, ...rest } = draft;
    return { ...rest, priority: Number(priority), managed_by: managedBy };
}

/** The fields in which two drafts differ. The order in lists means nothing. */
export function differences(one: RuleDraft, other: RuleDraft): DraftField[] {
    return draftFields.filter((field) => canonical(one[field]) !== canonical(other[field]));
}

function canonical(value: RuleDraft[DraftField]): string {
    return JSON.stringify(Array.isArray(value) ? [...new Set(value)].sort() : value);
}

/** What is missing before the server can be asked what the draft would do. */
export function missing(draft: RuleDraft): ("name" | "subjects" | "names" | "actions" | "priority")[] {
    const found: ReturnType<typeof missing> = [];
    if (!draft.name) found.push("name");
    if (draft.subjects.length === 0) found.push("subjects");
    if (draft.names.length === 0) found.push("names");
    if (draft.actions.length === 0) found.push("actions");
    if (!/^-?\d{1,10}$/.test(draft.priority)) found.push("priority");
    return found;
}

/** Whether the part of the form that is rarely needed holds something else than the defaults. */
export function isUnusual(draft: RuleDraft): boolean {
    const everyService = draft.services.length === 1 && draft.services[0] === "*";
    return !everyService || draft.type !== "repository" || draft.networks.length > 0 || draft.not_before !== null || draft.not_after !== null;
}
