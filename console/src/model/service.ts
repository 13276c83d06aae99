// A registry while it is edited, and what a change means for those who use it.

import type { Service } from "../api/types";

export const profiles = ["distribution-2", "distribution-3", "zot", "gitlab", "custom"] as const;
export type Profile = (typeof profiles)[number];

export interface ServiceDraft {
    name: string;
    profile: Profile;
    /** As typed. */
    token_ttl: string;
    offline_tokens: boolean;
    password_grant: boolean;
    push_includes_pull: "" | "true" | "false";
    trust: "" | "bundle" | "jwks" | "certificate";
    key_id: "" | "libtrust" | "thumbprint";
}

export const serviceFields = ["profile", "trust", "key_id", "token_ttl", "offline_tokens", "password_grant", "push_includes_pull"] as const;
export type ServiceField = (typeof serviceFields)[number];

export const newService = (): ServiceDraft => ({
    name: "", profile: "distribution-2", token_ttl: "300", offline_tokens: true, password_grant: true, push_includes_pull: "", trust: "", key_id: "",
});

export function serviceDraft(service: Service): ServiceDraft {
    const { name, profile, token_ttl, offline_tokens, password_grant, push_includes_pull, trust, key_id } = service;
    const push = push_includes_pull === null || push_includes_pull === undefined ? "" : push_includes_pull ? "true" : "false";
    return {
        name, profile, token_ttl: String(token_ttl), offline_tokens, password_grant, push_includes_pull: push, trust: trust ?? "", key_id: key_id ?? "",
    };
}

export function serviceBody(draft: ServiceDraft, managedBy: string | null = null) {
    const { profile, offline_tokens, password_grant } = draft;
    return {
        profile, offline_tokens, password_grant, token_ttl: Number(draft.token_ttl), trust: draft.trust || null, key_id: draft.key_id || null,
        push_includes_pull: draft.push_includes_pull === "" ? null : draft.push_includes_pull === "true", managed_by: managedBy,
    };
}

export function serviceChanges(one: ServiceDraft, other: ServiceDraft): ServiceField[] {
    return serviceFields.filter((field) => one[field] !== other[field]);
}

export const isTtl = (text: string): boolean => /^\d{2,4}$/.test(text) && Number(text) >= 60 && Number(text) <= 3600;

export type ServiceEffect = "refused" | "no-sign-ins" | "no-passwords" | "more-pull" | "less-pull";

/** What a change breaks or widens, the worst first. */
export function serviceEffects(before: ServiceDraft, after: ServiceDraft): ServiceEffect[] {
    const changed = serviceChanges(before, after);
    const found: ServiceEffect[] = [];
    if (changed.some((field) => field === "profile" || field === "trust" || field === "key_id")) found.push("refused");
    if (before.offline_tokens && !after.offline_tokens) found.push("no-sign-ins");
    if (before.password_grant && !after.password_grant) found.push("no-passwords");
    if (includesPull(before) !== includesPull(after)) found.push(includesPull(after) ? "more-pull" : "less-pull");
    return found;
}

/** Whether `push` is read as `pull,push`: what is chosen, else what the profile says. */
export function includesPull(draft: ServiceDraft): boolean {
    if (draft.push_includes_pull) return draft.push_includes_pull === "true";
    return draft.profile === "distribution-2" || draft.profile === "distribution-3" || draft.profile === "gitlab";
}

/** Whether the settings lead clients to the machine that they run on themselves. */
export const isLocal = (configuration: string): boolean => /\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])[:/]/.test(configuration);

/** Whether the registry is set up by environment variables too. */
export const hasEnvironment = (profile: string): boolean => profile !== "zot";
