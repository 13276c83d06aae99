// A group during editing.

import type { Group } from "../api/types";

export interface GroupDraft {
    name: string;
    description: string;
    members: string[];
}

export const groupFields = ["description", "members"] as const;
export type GroupField = (typeof groupFields)[number];

export const newGroup = (): GroupDraft => ({ name: "", description: "", members: [] });
export const groupDraft = ({ name, description, members }: Group): GroupDraft => ({ name, description, members });

export function groupChanges(one: GroupDraft, other: GroupDraft): GroupField[] {
    const same = { description: one.description === other.description, members: sorted(one) === sorted(other) };
    return groupFields.filter((field) => !same[field]);
}

const sorted = (draft: GroupDraft) => JSON.stringify([...new Set(draft.members)].sort());

/** Tells whether a text names a user or robot. */
export const isMember = (text: string): boolean => /^(user|robot):[A-Za-z0-9][A-Za-z0-9._@+-]{0,254}$/.test(text);
