// What an administrator should see first: what is wrong, and what ends soon.

import type { Status } from "../api/types";

const day = 86_400_000;
/** What ends within this time is told. */
const soon = 30 * day;

export interface Ending {
    what: "ca" | "certificate" | "key";
    at: string;
    /** Which one, where there may be several. */
    id?: string;
}

/** Certificates and signing keys that end within 30 days, the nearest first. */
export function endings(status: Status, now: number): Ending[] {
    const certificates = status.certificates.map((one) => ({ what: one.use === "ca" ? ("ca" as const) : ("certificate" as const), at: one.not_after, id: one.use }));
    const keys = status.signing_keys.filter((one) => one.not_after !== null).map((one) => ({ what: "key" as const, at: one.not_after!, id: one.kid }));
    return [...certificates, ...keys]
        .filter((one) => Date.parse(one.at) - now < soon)
        .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** Whether nobody has begun yet: the one rule of the first start, and nobody but the first administrator. */
export const isFresh = (status: Status): boolean => status.counts.rules <= 1 && status.counts.users + status.counts.robots <= 1;
