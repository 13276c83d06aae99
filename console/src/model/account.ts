// A user or robot during editing: its changed fields, and its state.

import type { Robot, User } from "../api/types";

export type AccountKind = "user" | "robot";
export type Labels = Record<string, string[]>;

export interface AccountDraft {
    name: string;
    admin: boolean;
    disabled: boolean;
    /** The labels, each as `key=value`. */
    labels: string[];
    /** The description of a robot. Empty for a user. */
    description: string;
    /** The time at which a robot ends, or null. Always null for a user. */
    expires_at: string | null;
}

export const accountFields = ["admin", "disabled", "labels", "description", "expires_at"] as const;
export type AccountField = (typeof accountFields)[number];

export const newAccount = (): AccountDraft => ({ name: "", admin: false, disabled: false, labels: [], description: "", expires_at: null });

/** Makes the draft from an account that was read. */
export function accountDraft(account: User | Robot): AccountDraft {
    const { name, admin, disabled } = account;
    const robot = "description" in account ? account : undefined;
    return {
        name, admin, disabled, labels: labelList(account.labels), description: robot?.description ?? "", expires_at: robot?.expires_at ?? null,
    };
}

/** Converts labels to a sorted list of `key=value`. */
export function labelList(labels: Labels): string[] {
    return Object.entries(labels).flatMap(([key, values]) => values.map((value) => `${key}=${value}`)).sort();
}

/** Converts a list of `key=value` to labels. */
export function labelsOf(list: string[]): Labels {
    // A map without a prototype: a person may type a label called `__proto__`. The server refuses this name, but the
    // console must send it.
    const labels: Labels = Object.create(null) as Labels;
    for (const one of list) {
        const [key, value] = split(one);
        labels[key] = [...(labels[key] ?? []), value];
    }
    return labels;
}

function split(label: string): [string, string] {
    const at = label.indexOf("=");
    return at < 0 ? [label, ""] : [label.slice(0, at), label.slice(at + 1)];
}

/** Tells whether a text is `key=value`. */
export const isLabel = (text: string): boolean => /^[a-z0-9][a-z0-9._-]{0,62}=./u.test(text);

/** Tells whether a text may name a user, robot or group. */
export const isSubjectName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,254}$/.test(text);

/** Returns the fields in which two drafts differ. */
export function accountChanges(one: AccountDraft, other: AccountDraft): AccountField[] {
    return accountFields.filter((field) => JSON.stringify(canonical(one[field])) !== JSON.stringify(canonical(other[field])));
}

function canonical(value: AccountDraft[AccountField]): unknown {
    return Array.isArray(value) ? [...new Set(value)].sort() : value;
}

/** Returns the merge patch from one draft to another. The patch has only changed fields, and `null` for a removed label. */
export function accountPatch(before: AccountDraft, after: AccountDraft): Record<string, unknown> {
    const patch: Record<string, unknown> = {};
    for (const field of accountChanges(before, after)) {
        if (field !== "labels") patch[field] = after[field];
        else {
            const gone = Object.keys(labelsOf(before.labels)).map((key) => [key, null] as const);
            patch.labels = { ...Object.fromEntries(gone), ...labelsOf(after.labels) };
        }
    }
    return patch;
}

/** Returns all fields of a draft, in the form that `PUT` and the preview accept. */
export function accountBody(kind: AccountKind, draft: AccountDraft): Record<string, unknown> {
    const { admin, disabled, description, expires_at } = draft;
    const common = { admin, disabled, labels: labelsOf(draft.labels) };
    return kind === "user" ? common : { ...common, description, expires_at };
}

export type AccountState = "on" | "disabled" | "ended";

/** Returns the state of an account at the time `now`, in milliseconds since 1970. Only robots can be `ended`. */
export function accountState(account: { disabled: boolean; expires_at?: string | null }, now: number = Date.now()): AccountState {
    if (account.disabled) return "disabled";
    return account.expires_at && Date.parse(account.expires_at) <= now ? "ended" : "on";
}
