// A rule during editing: its changed fields, and the checks that need no server.

import type { Rule, RuleFields, Suggestion } from "../api/types";

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
    /** The typed text, which may not be a number yet. */
    priority: string;
    enabled: boolean;
    description: string;
}

export const draftFields = [
    "effect", "enabled", "subjects", "names", "actions", "priority", "services", "type", "networks", "not_before", "not_after", "description",
] as const;

export type DraftField = (typeof draftFields)[number];

/** Returns the draft of a new rule; `given` fills in some fields. */
export function newDraft(given: Partial<RuleDraft> = {}): RuleDraft {
    return {
        name: "", effect: "allow", subjects: [], services: ["*"], type: "repository", names: [], actions: [], networks: [],
        not_before: null, not_after: null, priority: "0", enabled: true, description: "", ...given,
    };
}

/** Makes the draft from a rule that was read. */
export function draftOf(rule: Rule): RuleDraft {
    return {
        name: rule.name, effect: rule.effect, subjects: rule.subjects, services: rule.services, type: rule.type, names: rule.names,
        actions: rule.actions, networks: rule.networks ?? [], not_before: rule.not_before, not_after: rule.not_after,
        priority: String(rule.priority), enabled: rule.enabled, description: rule.description,
    };
}

/** Returns the draft with further entries in its lists. */
export function withMore(draft: RuleDraft, more: Partial<Pick<RuleDraft, "subjects" | "names" | "actions">> = {}): RuleDraft {
    const added = (field: "subjects" | "names" | "actions") => [...new Set([...draft[field], ...(more[field] ?? [])])];
    return { ...draft, subjects: added("subjects"), names: added("names"), actions: added("actions") };
}

/** Returns the field that a suggestion changes, with the suggested value. Returns an empty object if the suggestion changes no field. */
export function instead({ field, patch }: Pick<Suggestion, "field" | "patch">): Partial<RuleDraft> {
    const value = (patch as Record<string, unknown> | null | undefined)?.[field ?? ""];
    return value === undefined ? {} : { [field as DraftField]: value };
}

/** Returns all fields for a `PUT`, because the server gives an absent field its default. */
export function fieldsOf(draft: RuleDraft, managedBy: string | null = null): RuleFields {
    const { name: _, priority, ...rest } = draft;
    return { ...rest, priority: Number(priority), managed_by: managedBy };
}

/** Returns the fields in which two drafts differ. The order of list entries does not matter. */
export function differences(one: RuleDraft, other: RuleDraft): DraftField[] {
    return draftFields.filter((field) => canonical(one[field]) !== canonical(other[field]));
}

function canonical(value: RuleDraft[DraftField]): string {
    return JSON.stringify(Array.isArray(value) ? [...new Set(value)].sort() : value);
}

/** Returns the required fields that are empty, and a malformed priority. The server cannot preview a draft that has such a field. */
export function missing(draft: RuleDraft): ("name" | "subjects" | "names" | "actions" | "priority")[] {
    const found: ReturnType<typeof missing> = [];
    if (!draft.name) found.push("name");
    if (draft.subjects.length === 0) found.push("subjects");
    if (draft.names.length === 0) found.push("names");
    if (draft.actions.length === 0) found.push("actions");
    if (!/^-?\d{1,10}$/.test(draft.priority)) found.push("priority");
    return found;
}

/** Tells whether a rarely used field of the form differs from its default. */
export function isUnusual(draft: RuleDraft): boolean {
    const everyService = draft.services.length === 1 && draft.services[0] === "*";
    return !everyService || draft.type !== "repository" || draft.networks.length > 0 || draft.not_before !== null || draft.not_after !== null;
}
