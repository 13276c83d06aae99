// Finds certificates and keys that end soon, for the overview.

import type { Status } from "../api/types";

const day = 86_400_000;
/** The overview shows certificates and keys that end within this time, in milliseconds. */
const soon = 30 * day;

export interface Ending {
    what: "ca" | "certificate" | "key";
    at: string;
    /** The id of the signing key, or the use of the certificate, such as `ca`. */
    id?: string;
}

/** Returns the certificates and signing keys that have ended or end within 30 days, the earliest end first. */
export function endings(status: Status, now: number): Ending[] {
    const certificates = status.certificates.map((one) => ({ what: one.use === "ca" ? ("ca" as const) : ("certificate" as const), at: one.not_after, id: one.use }));
    const keys = status.signing_keys.filter((one) => one.not_after !== null).map((one) => ({ what: "key" as const, at: one.not_after!, id: one.kid }));
    return [...certificates, ...keys]
        .filter((one) => Date.parse(one.at) - now < soon)
        .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** Tells whether the server is unused since its first start: at most one rule and one account. */
export const isFresh = (status: Status): boolean => status.counts.rules <= 1 && status.counts.users + status.counts.robots <= 1;
